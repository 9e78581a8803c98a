//! Checks what the consuming client cannot tell: whether a new client, with its own connections, gets an answer where
//! the old one does not. If so, the old client is at fault, and not the broker.

use std::{
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{quiet::QuietContext, tokens::ClientTokens};
use crate::{config::Redaction, transport::TopicPartition};

/// What the consuming client gets no answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// The leader of a partition does not answer.
    Leader(TopicPartition),
    /// A partition has records from this offset on (or from the committed one), and none arrives.
    Records(TopicPartition, Option<i64>),
    /// The coordinator does not answer commits; with a partition to ask it about.
    Coordinator(TopicPartition),
    /// The coordinator does not let the client join.
    Joining(TopicPartition),
}

impl std::fmt::Display for Suspicion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leader(name) => write!(formatter, "the leader of {name} does not respond"),
            Self::Records(name, _) => write!(formatter, "no records are received from {name}"),
            Self::Coordinator(_) => formatter.write_str("offset commits are not acknowledged"),
            Self::Joining(_) => formatter.write_str("the group coordinator does not respond"),
        }
    }
}

/// How long a new client may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A check in progress.
#[derive(Debug)]
pub(super) struct FreshCheck {
    pub(super) suspicion: Suspicion,
    answer: Receiver<bool>,
}

impl FreshCheck {
    /// Starts a check in the background.
    pub(super) fn begin(
        config: ClientConfig,
        tokens: ClientTokens,
        redaction: Redaction,
        suspicion: Suspicion,
    ) -> Self {
        let (sender, answer) = mpsc::channel();
        let asked = suspicion.clone();
        // Without a thread there is no answer, and the old client is kept.
        _ = thread::Builder::new().name("kafka-check".to_owned()).spawn(move || {
            let answered = ask(&config, &tokens, redaction, &asked).unwrap_or(false);
            // The session that asked may have ended.
            _ = sender.send(answered);
        });
        Self { suspicion, answer }
    }

    /// Whether the new client got an answer; `None` while that is unknown.
    pub(super) fn answered(&self) -> Option<bool> {
        match self.answer.try_recv() {
            Ok(answered) => Some(answered),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(false),
        }
    }
}

fn ask(
    config: &ClientConfig,
    tokens: &ClientTokens,
    redaction: Redaction,
    suspicion: &Suspicion,
) -> Result<bool, KafkaError> {
    let consumer: BaseConsumer<QuietContext> = config.create_with_context(QuietContext(redaction))?;
    let _attached = tokens.attach(consumer.client());
    match suspicion {
        Suspicion::Leader(name) => {
            consumer.fetch_watermarks(&name.topic, name.partition, PATIENCE)?;
            Ok(true)
        }
        Suspicion::Coordinator(name) | Suspicion::Joining(name) => {
            committed(&consumer, name)?;
            Ok(true)
        }
        Suspicion::Records(name, next) => {
            let from = match next {
                Some(offset) => Offset::Offset(*offset),
                None => committed(&consumer, name)?,
            };
            has_record(&consumer, name, from)
        }
    }
}

fn committed(consumer: &BaseConsumer<QuietContext>, name: &TopicPartition) -> Result<Offset, KafkaError> {
    let mut list = TopicPartitionList::new();
    list.add_partition(&name.topic, name.partition);
    let list = consumer.committed_offsets(list, PATIENCE)?;
    let element = list.find_partition(&name.topic, name.partition);
    let offset = element.map(|element| element.error().map(|()| element.offset())).transpose()?;
    Ok(offset.filter(|offset| matches!(offset, Offset::Offset(_))).unwrap_or(Offset::Beginning))
}

fn has_record(consumer: &BaseConsumer<QuietContext>, name: &TopicPartition, from: Offset) -> Result<bool, KafkaError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&name.topic, name.partition, from)?;
    consumer.assign(&list)?;
    let until = Instant::now() + PATIENCE;
    while let Some(wait) = until.checked_duration_since(Instant::now()) {
        if let Some(Ok(record)) = consumer.poll(wait) {
            return Ok(match from {
                Offset::Offset(from) => record.offset() >= from,
                _ => true,
            });
        }
    }
    Ok(false)
}
