//! Secured brokers: encryption, mechanisms, certificates, tokens and passwords, on a real Kafka. The worker runs as a
//! separate process. They need a worker with OpenSSL, so they are behind the feature `secured`.

#[cfg(feature = "secured")]
mod issuer;
#[cfg(feature = "secured")]
mod mechanisms;
#[cfg(feature = "secured")]
mod mistakes;
#[cfg(feature = "secured")]
mod passwords;
#[cfg(feature = "secured")]
mod provider;
#[cfg(feature = "secured")]
mod rotation;
#[cfg(feature = "secured")]
mod secret_files;
#[cfg(feature = "secured")]
mod service;

#[cfg(not(feature = "secured"))]
#[test]
fn secured_brokers() {
    use std::io::{Write, stderr};

    // Past the output capture of the test runner, which shows only failures.
    let command = "cargo test -p kafka-service-tests --features secured --test secured";
    writeln!(stderr(), "SKIPPED: secured brokers, whose tests build OpenSSL first: {command}").ok();
}
