//! The settings with a fixed set of values.

/// The brokers that the service connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Brokers {
    /// No broker: the service runs without Kafka, and publishing fails. In the environment: the empty string.
    Disabled,
    /// A broker inside the process, whose data is lost at exit. In the environment: `embedded`.
    Embedded,
    /// `host:port` of one or more brokers, separated by commas.
    Servers(String),
}

/// The rebalance protocol of the consumer group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupProtocol {
    /// `consumer` if the broker supports it, else `classic`.
    #[default]
    Auto,
    /// KIP-848, Kafka 4.0 and later: the broker assigns partitions, and a rebalance does not stop the other members.
    Consumer,
    /// The protocol of older brokers: one member assigns the partitions.
    Classic,
}

/// Which records are handled one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderBy {
    /// Records with the same key. Different keys are handled concurrently.
    #[default]
    Key,
    /// Records of the same partition.
    Partition,
}

/// What to do with a command that has no handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownCommands {
    /// Skip and count it: several services may share a topic.
    #[default]
    Skip,
    /// Dead-letter it.
    DeadLetter,
}

/// Which headers a dead letter gets in addition to those of the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeadLetterHeaders {
    /// The headers of [`dead_letter`](crate::dead_letter).
    #[default]
    Native,
    /// In addition, the headers of Spring for Apache Kafka, for tools that read them.
    Spring,
}

/// Where the id of a published message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageIdLocation {
    /// In the envelope, as the field `id`.
    #[default]
    Envelope,
    /// In the record header `message-id`.
    Header,
    /// The id is omitted.
    Off,
}

impl Brokers {
    pub(super) fn parse(text: &str) -> Self {
        let entries: Vec<&str> = text.split(',').map(str::trim).collect();
        match entries.as_slice() {
            [""] => Self::Disabled,
            [only] if only.eq_ignore_ascii_case("embedded") => Self::Embedded,
            many => Self::Servers(many.join(",")),
        }
    }
}

impl From<&str> for Brokers {
    /// Parses the string like the value of `KAFKA_BOOTSTRAP_SERVERS`.
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl From<String> for Brokers {
    /// Parses the string like the value of `KAFKA_BOOTSTRAP_SERVERS`.
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl GroupProtocol {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        choose(text, &[("auto", Self::Auto), ("consumer", Self::Consumer), ("classic", Self::Classic)])
    }
}

impl OrderBy {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        choose(text, &[("key", Self::Key), ("partition", Self::Partition)])
    }
}

impl DeadLetterHeaders {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // `own` is another name for `native`: the headers of this crate.
        if text.trim().eq_ignore_ascii_case("own") {
            return Ok(Self::Native);
        }
        choose(text, &[("native", Self::Native), ("spring", Self::Spring)])
    }
}

impl UnknownCommands {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        choose(text, &[("skip", Self::Skip), ("dead-letter", Self::DeadLetter)])
    }
}

impl MessageIdLocation {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        choose(text, &[("envelope", Self::Envelope), ("header", Self::Header), ("off", Self::Off)])
    }
}

/// Parses `true` or `false`, in the spellings that are common in environments.
pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

/// Parses `50%` or `off`.
pub(super) fn parse_percent(text: &str) -> Result<Option<u8>, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
    number.map(Some).ok_or_else(|| "expected a percentage such as `50%`, or `off`".to_owned())
}

fn choose<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let text = text.trim();
    let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found
        .map(|(_, choice)| *choice)
        .ok_or_else(|| format!("expected {}", either(choices.iter().map(|(name, _)| *name))))
}

/// Formats names as `` `a`, `b` or `c` ``.
pub(super) fn either<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
