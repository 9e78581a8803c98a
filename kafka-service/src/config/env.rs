//! Reads the variables. Pure: they are passed as pairs, and files are read through a closure.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{
    Brokers, Config, DeadLetterHeaders, GroupProtocol, MessageIdLocation, OrderBy, UnknownCommands, choices, duration,
    error::{ConfigError, looks_like_path, problem},
    features::Features,
    names::{self, Meaning, NameStyle, PREFIX, SETTINGS, Setting},
    property::{Property, Side},
    validate::{self, expected_number},
};

impl Config {
    /// Reads the settings from variables. `read_file` reads the files of `*_FILE` variables, `check_files` checks those
    /// that other settings name; `binary` is the default name of the service.
    pub(crate) fn read(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        read_file: impl Fn(&Path) -> io::Result<String>,
        check_files: impl FnOnce(&Self) -> BTreeSet<String>,
        binary: &str,
        features: Features,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::collect(variables);
        let mut config = Self::new(binary);
        reader.settings(&mut config);
        reader.properties(&mut config, &read_file);
        reader.problems.extend(validate::problems(&config, NameStyle::Variables, features));
        reader.problems.extend(check_files(&config));
        if reader.problems.is_empty() {
            config.unknown_variables = reader.warnings;
            Ok(config)
        } else {
            Err(ConfigError::new(reader.problems, reader.warnings))
        }
    }
}

struct Reader {
    /// Sorted, so that messages have a stable order.
    values: BTreeMap<String, String>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Reader {
    fn collect(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut reader = Self { values: BTreeMap::new(), problems: Vec::new(), warnings: Vec::new() };
        for (name, value) in variables {
            let name = name.to_string_lossy();
            if !name.starts_with(PREFIX) || names::is_ignored(&name, &value.to_string_lossy()) {
                continue;
            }
            match value.into_string() {
                Ok(value) => reader.values.extend([(name.into_owned(), value)]),
                Err(_) if is_known(&name) => reader.problems.push(format!("`{name}`: the value is not valid UTF-8")),
                Err(_) => reader.warnings.push(names::unknown(&name)),
            }
        }
        reader.problems.sort();
        reader
    }

    fn settings(&mut self, config: &mut Config) {
        self.set(names::BOOTSTRAP_SERVERS, &mut config.bootstrap_servers, |text| Ok(Brokers::parse(text)));
        self.set(names::SERVICE_NAME, &mut config.service_name, text);
        self.set(names::COMMANDS_TOPIC, &mut config.commands_topics, list);
        self.set(names::EVENTS_TOPIC, &mut config.events_topic, text);
        self.set(names::SUBSCRIBED_EVENTS_TOPICS, &mut config.subscribed_events_topics, |text| list(text).map(Some));
        self.set(names::GROUP_ID, &mut config.group_id, |value| text(value).map(Some));
        self.set(names::GROUP_PROTOCOL, &mut config.group_protocol, GroupProtocol::parse);
        self.set(names::ORDERING, &mut config.ordering, OrderBy::parse);
        self.set(names::MAX_IN_FLIGHT, &mut config.max_in_flight, |text| number(text, &validate::IN_FLIGHT));
        self.set(names::MAX_UNCOMMITTED, &mut config.max_uncommitted, |text| number(text, &validate::UNCOMMITTED));
        self.set(names::HANDLER_TIMEOUT, &mut config.handler_timeout, duration::parse);
        self.set(names::RETRY_ATTEMPTS, &mut config.retry.attempts, |text| number(text, &validate::ATTEMPTS));
        let mut backoff = (config.retry.backoff_min, config.retry.backoff_max);
        self.set(names::RETRY_BACKOFF, &mut backoff, range);
        (config.retry.backoff_min, config.retry.backoff_max) = backoff;
        self.set(names::RETRY_DEADLINE, &mut config.retry.deadline, duration::parse);
        self.set(names::DEAD_LETTER_HEADERS, &mut config.dead_letter_headers, DeadLetterHeaders::parse);
        self.set(names::DEAD_LETTER_LIMIT, &mut config.dead_letter_limit, choices::parse_percent);
        self.set(names::DEAD_LETTER_TOPIC, &mut config.dead_letter_topic, |value| text(value).map(Some));
        self.set(names::UNKNOWN_COMMANDS, &mut config.unknown_commands, UnknownCommands::parse);
        self.set(names::MESSAGE_ID, &mut config.message_id, MessageIdLocation::parse);
        self.set(names::PUBLISH_TIMEOUT, &mut config.publish_timeout, duration::parse);
        self.set(names::CREATE_TOPICS, &mut config.create_topics, choices::parse_bool);
        self.set(names::SHUTDOWN_DEADLINE, &mut config.shutdown_deadline, duration::parse);
        self.set(names::STALL_TIMEOUT, &mut config.stall_timeout, duration::parse_or_off);
    }

    /// Reads one of our variables. An invalid value keeps the default, so that later rules check something valid.
    fn set<T>(&mut self, setting: Setting, target: &mut T, parse: impl FnOnce(&str) -> Result<T, String>) {
        let Some(value) = self.values.remove(setting.variable) else { return };
        match parse(&value) {
            Ok(parsed) => *target = parsed,
            Err(what) => self.problems.push(problem(setting.variable, &value, &what)),
        }
    }

    /// Reads what is left after [`settings`](Self::settings): librdkafka's properties, and unknown variables.
    fn properties(&mut self, config: &mut Config, read_file: &dyn Fn(&Path) -> io::Result<String>) {
        for (variable, value) in std::mem::take(&mut self.values) {
            let outcome = match names::meaning(&variable) {
                Meaning::Unknown => {
                    self.warnings.push(names::unknown(&variable));
                    continue;
                }
                // Compose files pass on variables that are not set, and these arrive empty.
                _ if value.is_empty() => continue,
                Meaning::Property(side, property) => put(config, side, property, &variable, &value),
                Meaning::SecretFile(side, property) => secret_from_file(&variable, &value, read_file)
                    .and_then(|secret| put(config, side, property, &variable, &secret))
                    .map(|()| config.properties.read_from(side, property, Path::new(&value))),
            };
            self.problems.extend(outcome.err());
        }
    }
}

fn is_known(variable: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.variable == variable) || !matches!(names::meaning(variable), Meaning::Unknown)
}

fn put(config: &mut Config, side: Side, property: &'static Property, name: &str, value: &str) -> Result<(), String> {
    // Two names of one property, or a secret and its file: which one is meant is unknown.
    if let Some(other) = config.properties.entry(side, property) {
        return Err(format!("`{name}` and `{}` set the same property; remove one of them", other.given_as));
    }
    config.properties.set_known(side, property, value, name)
}

pub(super) fn secret_from_file(
    variable: &str,
    path: &str,
    read_file: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<String, String> {
    // The secret itself may have been put in the place of its path.
    let problem = |what: &str| match looks_like_path(path) {
        true => problem(variable, path, what),
        false => format!("`{variable}`: {what}; expected the path of a file that contains the secret"),
    };
    let content = read_file(Path::new(path)).map_err(|error| problem(&format!("cannot read the file: {error}")))?;
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(problem("the file is empty")),
        secret => Ok(secret.to_owned()),
    }
}

/// Accepts any text. Whether it may be empty is decided by the rules, which know what it is for.
fn text(value: &str) -> Result<String, String> {
    Ok(value.trim().to_owned())
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
    match items.iter().any(String::is_empty) {
        true if text.trim().is_empty() => Ok(Vec::new()),
        true => Err("empty entry in the list: expected topic names, separated by commas".to_owned()),
        false => Ok(items),
    }
}

fn number<T>(text: &str, allowed: &std::ops::RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    text.trim().parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| expected_number(allowed))
}

fn range(text: &str) -> Result<(Duration, Duration), String> {
    let expected = "expected the initial and the maximum backoff, such as `200ms..10s`";
    let (min, max) = text.split_once("..").ok_or(expected)?;
    Ok((duration::parse(min)?, duration::parse(max)?))
}
