//! Tests never use the environment of the process: variables and files are passed in.

mod durations;
mod from_variables;
mod identity;
#[cfg(feature = "kafka")]
mod librdkafka;
mod names;
mod properties;
mod rules;
mod secrets;
mod security;
mod setters;
mod tokens;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::{Config, ConfigError, Features};

/// A build with all features, so that tests do not depend on those that they run with.
const ALL: Features = Features { kafka: true, tls: true, zstd: true, gssapi: Some(true), oidc: Some(true) };
const PLAIN: Features = Features { kafka: true, tls: false, zstd: false, gssapi: Some(false), oidc: Some(false) };

fn read_for(features: Features, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::read(variables, file, |_| BTreeSet::new(), "orders", features)
}

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    read_for(ALL, variables)
}

fn good(variables: &[(&str, &str)]) -> Config {
    read(variables).unwrap()
}

/// The problems of invalid variables.
fn bad(variables: &[(&str, &str)]) -> Vec<String> {
    read(variables).unwrap_err().problems().to_vec()
}

/// The only problem.
#[track_caller]
fn problem(variables: &[(&str, &str)]) -> String {
    match bad(variables).as_slice() {
        [only] => only.clone(),
        many => panic!("expected one problem, found {many:#?}"),
    }
}

/// The only warning.
#[track_caller]
fn warning(variables: &[(&str, &str)]) -> String {
    match good(variables).warnings().as_slice() {
        [only] => only.clone(),
        many => panic!("expected one warning, found {many:#?}"),
    }
}

/// The files that exist.
fn file(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/run/secrets/password") => Ok("pass word\r\n".to_owned()),
        Some("/run/secrets/user") => Ok("alice\n".to_owned()),
        Some("/run/secrets/empty") => Ok("\n".to_owned()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    }
}

fn consumer(config: &Config) -> Vec<(String, String)> {
    let mut properties: Vec<_> = config.consumer_properties().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    properties.sort();
    properties
}

fn producer(config: &Config) -> Vec<(String, String)> {
    let mut properties: Vec<_> = config.producer_properties().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    properties.sort();
    properties
}

fn pairs(properties: &[(&str, &str)]) -> Vec<(String, String)> {
    properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
