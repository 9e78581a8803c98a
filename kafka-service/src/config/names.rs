//! The names of variables: ours, librdkafka's, those that are not meant for us, and the closest to a misspelled one.

use super::{
    error::shown,
    property::{Property, Side},
    table::{self, PROPERTIES},
};

/// The prefix of all our variables.
pub(super) const PREFIX: &str = "KAFKA_";
const FILE: &str = "_FILE";

/// One setting of [`Config`](super::Config) with its two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) variable: &'static str,
    pub(super) field: &'static str,
}

/// Which of the two names a message uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameStyle {
    Variables,
    Fields,
}

impl Setting {
    pub(super) fn name(self, names: NameStyle) -> &'static str {
        match names {
            NameStyle::Variables => self.variable,
            NameStyle::Fields => self.field,
        }
    }
}

macro_rules! settings {
    ($($name:ident = $variable:literal, $field:literal;)*) => {
        $(pub(super) const $name: Setting = Setting { variable: $variable, field: $field };)*
        /// All settings.
        pub(super) const SETTINGS: &[Setting] = &[$($name),*];
    };
}

settings! {
    BOOTSTRAP_SERVERS = "KAFKA_BOOTSTRAP_SERVERS", "bootstrap_servers";
    SERVICE_NAME = "KAFKA_SERVICE_NAME", "service_name";
    COMMANDS_TOPIC = "KAFKA_COMMANDS_TOPIC", "commands_topics";
    EVENTS_TOPIC = "KAFKA_EVENTS_TOPIC", "events_topic";
    SUBSCRIBED_EVENTS_TOPICS = "KAFKA_SUBSCRIBED_EVENTS_TOPICS", "subscribed_events_topics";
    GROUP_ID = "KAFKA_GROUP_ID", "group_id";
    GROUP_PROTOCOL = "KAFKA_GROUP_PROTOCOL", "group_protocol";
    ORDERING = "KAFKA_ORDERING", "ordering";
    MAX_IN_FLIGHT = "KAFKA_MAX_IN_FLIGHT", "max_in_flight";
    MAX_UNCOMMITTED = "KAFKA_MAX_UNCOMMITTED", "max_uncommitted";
    HANDLER_TIMEOUT = "KAFKA_HANDLER_TIMEOUT", "handler_timeout";
    RETRY_ATTEMPTS = "KAFKA_RETRY_ATTEMPTS", "retry.attempts";
    RETRY_BACKOFF = "KAFKA_RETRY_BACKOFF", "retry.backoff_min..backoff_max";
    RETRY_DEADLINE = "KAFKA_RETRY_DEADLINE", "retry.deadline";
    DEAD_LETTER_TOPIC = "KAFKA_DEAD_LETTER_TOPIC", "dead_letter_topic";
    DEAD_LETTER_HEADERS = "KAFKA_DEAD_LETTER_HEADERS", "dead_letter_headers";
    DEAD_LETTER_LIMIT = "KAFKA_DEAD_LETTER_LIMIT", "dead_letter_limit";
    UNKNOWN_COMMANDS = "KAFKA_UNKNOWN_COMMANDS", "unknown_commands";
    MESSAGE_ID = "KAFKA_MESSAGE_ID", "message_id";
    PUBLISH_TIMEOUT = "KAFKA_PUBLISH_TIMEOUT", "publish_timeout";
    CREATE_TOPICS = "KAFKA_CREATE_TOPICS", "create_topics";
    SHUTDOWN_DEADLINE = "KAFKA_SHUTDOWN_DEADLINE", "shutdown_deadline";
    STALL_TIMEOUT = "KAFKA_STALL_TIMEOUT", "stall_timeout";
}

/// The meaning of a variable that is not one of our settings.
#[derive(Debug)]
pub(super) enum Meaning {
    Property(Side, &'static Property),
    /// The path of a file with the secret.
    SecretFile(Side, &'static Property),
    Unknown,
}

/// Looks up a variable among the properties of librdkafka.
pub(super) fn meaning(variable: &str) -> Meaning {
    // The exact name first: two properties end in `.file` themselves.
    if let Some((side, property)) = property(variable) {
        return Meaning::Property(side, property);
    }
    match variable.strip_suffix(FILE).and_then(property) {
        Some((side, property)) if property.secret => Meaning::SecretFile(side, property),
        _ => Meaning::Unknown,
    }
}

fn property(variable: &str) -> Option<(Side, &'static Property)> {
    let (side, rest) = split_side(variable.strip_prefix(PREFIX)?);
    PROPERTIES.iter().find(|property| property.is_set_by(rest)).map(|property| (side, property))
}

/// No property begins with `consumer.` or `producer.`, so the prefix is unambiguous.
fn split_side(name: &str) -> (Side, &str) {
    match name.split_once('_') {
        Some(("CONSUMER", rest)) => (Side::Consumer, rest),
        Some(("PRODUCER", rest)) => (Side::Producer, rest),
        _ => (Side::Both, name),
    }
}

/// The beginnings of the variables of our tests, which a service under test inherits.
const TOOLS: &[&str] = &["KAFKA_TEST_", "KAFKA_SERVICE_TEST_", "KAFKA_SERVICE_REQUIRE_", "KAFKA_SERVICE_SIM_"];

/// Variables with our prefix that are not settings: those of our build and test tools, and those that Kubernetes (and
/// docker links before it) injects for every service with a name that begins with `kafka`: `KAFKA_SERVICE_HOST`,
/// `KAFKA_SERVICE_PORT[_<name>]`, `KAFKA_PORT`, `KAFKA_PORT_9092_TCP[_ADDR|_PORT|_PROTO]`, `KAFKA_UI_SERVICE_HOST`, ...
pub(super) fn is_ignored(variable: &str, value: &str) -> bool {
    let linked = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    matches!(variable, "KAFKA_SERVICE_MACROS_DEBUG" | "KAFKA_SERVICE_BLESS" | "KAFKA_PORT")
        || TOOLS.iter().any(|prefix| variable.starts_with(prefix))
        || variable.ends_with("_SERVICE_HOST")
        || variable.ends_with("_SERVICE_PORT")
        || variable.contains("_SERVICE_PORT_")
        || (linked && variable.ends_with("_PORT"))
        || is_linked_port(variable)
}

/// Whether it is `.._PORT_<number>_<protocol>`, with or without a last part.
fn is_linked_port(variable: &str) -> bool {
    variable.match_indices("_PORT_").any(|(at, found)| {
        let mut parts = variable[at + found.len()..].split('_');
        let number =
            parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let protocol = parts.next().is_some_and(|part| matches!(part, "TCP" | "UDP" | "SCTP"));
        let last = parts.next().is_none_or(|part| matches!(part, "ADDR" | "PORT" | "PROTO"));
        number && protocol && last && parts.next().is_none()
    })
}

/// NameStyle that other clients use, without `KAFKA_` and in the form of a variable, and what to write instead.
const FOREIGN_ALIASES: &[(&str, &str)] = &[
    ("BROKER", "bootstrap.servers"),
    ("BROKERS", "bootstrap.servers"),
    ("BROKER_LIST", "bootstrap.servers"),
    ("HOST", "bootstrap.servers"),
    ("HOSTS", "bootstrap.servers"),
    ("SERVERS", "bootstrap.servers"),
    ("URL", "bootstrap.servers"),
    ("GROUP", "group.id"),
    ("CONSUMER_GROUP", "group.id"),
    ("CONSUMER_GROUP_ID", "group.id"),
    ("DLQ_TOPIC", "dead.letter.topic"),
    ("TOPIC", "commands.topic"),
    ("BUFFER_MEMORY", "queue.buffering.max.kbytes"),
    ("FETCH_MAX_WAIT_MS", "fetch.wait.max.ms"),
    ("MAX_REQUEST_SIZE", "message.max.bytes"),
    ("SASL_JAAS_CONFIG", "sasl.username"),
    ("SSL_TRUSTSTORE_LOCATION", "ssl.ca.location"),
    ("SSL_TRUSTSTORE_CERTIFICATES", "ssl.ca.pem"),
    ("SSL_KEYSTORE_KEY", "ssl.key.pem"),
    ("SSL_KEYSTORE_CERTIFICATE_CHAIN", "ssl.certificate.pem"),
];

/// The warning about an unknown variable. Its value is never shown: the variable may be a misspelled password.
pub(super) fn unknown(variable: &str) -> String {
    let shown = shown(variable);
    let name = variable.strip_prefix(PREFIX).unwrap_or(variable);
    if let Some((_, property)) = variable.strip_suffix(FILE).and_then(property) {
        let plain = property.variable();
        return format!("unknown variable `{shown}` ignored: only secrets are read from files, use `{PREFIX}{plain}`");
    }
    let closest = || {
        let (side, rest) = split_side(name);
        let prefix = &name[..name.len() - rest.len()];
        let ours = SETTINGS.iter().filter(|_| prefix.is_empty()).map(|setting| &setting.variable[PREFIX.len()..]);
        let theirs = PROPERTIES.iter().filter(|property| property.side.reaches(side)).map(Property::variable);
        let theirs: Vec<String> = theirs.collect();
        closest(rest, ours.chain(theirs.iter().map(String::as_str))).map(|name| format!("{prefix}{name}"))
    };
    match elsewhere(name).map(variable_part).or_else(closest) {
        Some(name) => format!("unknown variable `{shown}` ignored; did you mean `{PREFIX}{name}`?"),
        None => format!("unknown variable `{shown}` ignored"),
    }
}

/// The end of a message about a property that does not exist.
pub(super) fn suggest_property(name: &str) -> String {
    let alike = table::find(&name.replace('_', ".").to_ascii_lowercase()).map(|property| property.name);
    // Some of the foreign names correspond to settings of ours, which are not properties.
    let elsewhere = || elsewhere(&variable_part(name)).filter(|property| table::find(property).is_some());
    match alike.or_else(elsewhere).or_else(|| closest(name, PROPERTIES.iter().map(|property| property.name))) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

fn elsewhere(variable: &str) -> Option<&'static str> {
    FOREIGN_ALIASES.iter().find(|(name, _)| *name == variable).map(|(_, property)| *property)
}

fn variable_part(property: &str) -> String {
    property.replace('.', "_").to_ascii_uppercase()
}

/// The closest candidate among those that continue the name, or differ from it in at most a third of its letters.
fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = candidates.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let near = distances.filter(|(distance, candidate)| {
        let goes_on = candidate.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '_']));
        goes_on || distance * 3 <= name.chars().count()
    });
    near.min().map(|(_, candidate)| candidate)
}
