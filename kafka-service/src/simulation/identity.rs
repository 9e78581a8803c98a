//! Identifies the command that an event or dead letter belongs to: each carries the number of the tenure that it was
//! created in.

use serde::{Deserialize, Serialize};

use crate::{
    dead_letter,
    handler::Event,
    transport::{OutRecord, TopicId},
};

pub(super) const EVENTS: TopicId = TopicId(0);
pub(super) const DEAD_LETTERS: TopicId = TopicId(1);

/// The text of a rejection, followed by the tenure.
const REFUSED_OF: &str = "simulated refusal of tenure ";

/// The type of the events that handlers return.
const RETURNED: &str = "sim.returned";
/// The type of the events that they publish themselves.
pub(super) const SAID: &str = "sim.said";
/// Their numbers start here, above those of returned events.
const SAID_NUMBER: u32 = 1_000;
/// The type of an event that no producer accepts.
pub(super) const HUGE: &str = "sim.huge";
/// The type of an event that no broker accepts.
pub(super) const CURSED: &str = "sim.cursed";

/// The origin that an event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The assignment that its handler ran for.
    pub(super) tenure: u64,
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// Its number among the events of its command.
    pub(super) number: u32,
}

/// What a record is that is sent to the broker.
#[derive(Clone, Copy, Debug)]
pub(super) enum Identity {
    Event(Origin),
    DeadLetter(Origin),
    /// An event that a handler published itself.
    Said(Origin),
    Huge(Origin),
    Cursed(Origin),
}

impl Identity {
    pub(super) fn of(record: &OutRecord<'_>) -> Self {
        if record.topic == DEAD_LETTERS {
            return Self::DeadLetter(dead_letter_origin(record));
        }
        let message: Message<'_> = serde_json::from_slice(record.value.unwrap_or_default()).expect("our own event");
        match message.kind {
            SAID => Self::Said(message.payload),
            HUGE => Self::Huge(message.payload),
            CURSED => Self::Cursed(message.payload),
            _ => Self::Event(message.payload),
        }
    }

    /// The origin of a record whose order and end count.
    pub(super) fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Event(origin) | Self::DeadLetter(origin) | Self::Said(origin) => Some(origin),
            Self::Huge(_) | Self::Cursed(_) => None,
        }
    }

    /// The text of a rejection. It names the tenure: the command is read back for its dead letter by partition and
    /// offset, and after a reset another record may be there.
    pub(super) fn refusal(&self) -> String {
        let (Self::Event(origin)
        | Self::DeadLetter(origin)
        | Self::Said(origin)
        | Self::Huge(origin)
        | Self::Cursed(origin)) = self;
        format!("{REFUSED_OF}{}", origin.tenure)
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    payload: Origin,
}

fn dead_letter_origin(record: &OutRecord<'_>) -> Origin {
    let text = |name| {
        let value = record.headers.iter().find(|(header, _)| header == name).and_then(|(_, value)| value.as_deref());
        value.map(|value| std::str::from_utf8(value).expect("text"))
    };
    let number = |name| text(name).map(|text| text.parse::<i64>().expect("a number"));
    let refused_of = || text(dead_letter::ERROR_MESSAGE)?.rsplit_once(REFUSED_OF)?.1.parse::<u64>().ok();
    let received_by = || number(dead_letter::TIMESTAMP).and_then(|tenure| u64::try_from(tenure).ok());
    Origin {
        tenure: refused_of().or_else(received_by).expect("a dead letter says whose it is"),
        partition: number(dead_letter::PARTITION).and_then(|number| i32::try_from(number).ok()).expect("a partition"),
        offset: number(dead_letter::OFFSET).expect("an offset"),
        number: 0,
    }
}

/// The payload of the events.
#[derive(Debug, Serialize)]
pub(super) struct SimEvent {
    #[serde(skip)]
    pub(super) kind: &'static str,
    #[serde(skip)]
    pub(super) key: Option<String>,
    #[serde(flatten)]
    pub(super) origin: Origin,
}

/// The number of one of the events that an attempt publishes itself.
pub(super) fn said_number(attempt: u32, number: u32) -> u32 {
    SAID_NUMBER + 10 * attempt + number
}

impl SimEvent {
    pub(super) fn returned(origin: Origin, key: Option<String>) -> Self {
        Self { kind: RETURNED, key, origin }
    }
}

impl Event for SimEvent {
    const TYPES: &'static [&'static str] = &[RETURNED, SAID, HUGE, CURSED];

    fn event_type(&self) -> &'static str {
        self.kind
    }

    fn key(&self) -> Option<impl std::fmt::Display + '_> {
        self.key.as_deref()
    }
}
