//! librdkafka's callbacks: they record what happened, and the driver decides what to do.
//!
//! With librdkafka's event interface, a rebalance is complete when it is answered (assign or unassign), which may be
//! after the callback has returned. So a revoked partition drains between polls, while everything else continues.

use std::{
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};

use super::{client_log::ClientLog, failure::Failure, tokens::TokenRefusals};
use crate::{
    sync,
    transport::{ClientEvent, CommitAnswer, TopicPartition},
};

/// The callbacks of a consumer.
pub(super) struct ConsumerCallbacks {
    events: Mutex<Vec<ClientEvent>>,
    log: Arc<ClientLog>,
    tokens: TokenRefusals,
    /// The consumer is being dropped, and the driver no longer answers rebalances.
    closing: AtomicBool,
    /// The consumer is leaving its group, so log lines about that are expected.
    leaving: AtomicBool,
    /// When the group last refused the client because of its assignor.
    refused: Mutex<Option<Instant>>,
}

/// How long a refusal counts: the client tries again every second.
const REFUSAL: Duration = Duration::from_secs(10);

impl ConsumerCallbacks {
    /// Creates a context. `log` is shared by all consuming clients, so that the next does not repeat what the last has
    /// logged.
    pub(super) fn new(log: Arc<ClientLog>, tokens: TokenRefusals) -> Self {
        Self {
            events: Mutex::default(),
            log,
            tokens,
            closing: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            refused: Mutex::default(),
        }
    }

    /// The events since the last call.
    pub(super) fn take_events(&self) -> Vec<ClientEvent> {
        mem::take(&mut *sync::lock(&self.events))
    }

    pub(super) fn note(&self, event: ClientEvent) {
        sync::lock(&self.events).push(event);
    }

    /// Logs a temporary error, rate-limited.
    pub(super) fn problem(&self, error: &KafkaError) {
        self.log.error(error, &error.to_string());
    }

    /// A text of the client without secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.log.redaction().apply(text).into_owned()
    }

    /// The last failed connection.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.log.failure()
    }

    /// Records that the group uses another assignor.
    pub(super) fn group_refused(&self) {
        *sync::lock(&self.refused) = Some(Instant::now());
    }

    /// Why the group refuses the client, if it has done so recently.
    pub(super) fn refusal(&self) -> Option<String> {
        let refused = *sync::lock(&self.refused);
        refused.filter(|when| when.elapsed() < REFUSAL).map(|_| {
            "its members use another assignor (InconsistentGroupProtocol); all members of a classic group must use the same \
             one, KAFKA_PARTITION_ASSIGNMENT_STRATEGY: stop all of them to change it"
                .to_owned()
        })
    }

    /// Stops logging what the client says about leaving.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Answers every rebalance at once from now on.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }
}

/// Gives up partitions, as required by the protocol of the group.
pub(super) fn unassign(consumer: &BaseConsumer<ConsumerCallbacks>, list: &TopicPartitionList) {
    let result = match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
        _ => consumer.unassign(),
    };
    if let Err(error) = result {
        tracing::error!(%error, "cannot unassign revoked partitions");
    }
}

fn names(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

/// Parses the position that is out of range. librdkafka reports it only in its log:
/// `[thrd:main]: orders [0]: offset reset (at offset 10 (leader epoch 1), broker 2) to ..`.
fn out_of_range(message: &str) -> Option<(TopicPartition, i64)> {
    let (name, rest) = message.split_once(": offset reset (at offset ")?;
    // The line begins with its thread; a topic name has no colon.
    let name = name.rsplit_once(": ").map_or(name, |(_, name)| name);
    let (topic, partition) = name.strip_suffix(']')?.rsplit_once(" [")?;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    Some((TopicPartition::new(topic, partition.parse().ok()?), digits.parse().ok()?))
}

impl ClientContext for ConsumerCallbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "OFFSET"
            && let Some((partition, offset)) = out_of_range(message)
        {
            self.note(ClientEvent::OffsetOutOfRange(partition, offset));
        }
        self.log.line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if !self.leaving.load(Ordering::Relaxed) {
            self.tokens.report(&error, reason);
            self.log.error(&error, reason);
        }
    }
}

impl ConsumerContext for ConsumerCallbacks {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let closing = self.closing.load(Ordering::Relaxed);
        match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS if !closing => {
                self.note(ClientEvent::Assigned(names(list)));
            }
            _ if closing => unassign(consumer, list),
            _ => self.note(ClientEvent::Revoked { partitions: names(list), lost: consumer.assignment_lost() }),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let denied = RDKafkaErrorCode::GroupAuthorizationFailed;
        if result.as_ref().err().and_then(KafkaError::rdkafka_error_code) == Some(denied) {
            self.note(ClientEvent::GroupDenied(denied.to_string()));
        }
        self.note(ClientEvent::Committed(answer(&result, offsets)));
        let not_newer = not_newer(&result, offsets);
        if !not_newer.is_empty() {
            self.note(ClientEvent::NotNewer(not_newer));
        }
    }
}

fn answer(result: &KafkaResult<()>, offsets: &TopicPartitionList) -> CommitAnswer {
    match result {
        // It is not a failure that nothing is newer than the committed offset.
        Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
        Err(error) => return CommitAnswer::Refused(names(offsets), error.to_string()),
    }
    let (mut accepted, mut refused, mut reason) = (Vec::new(), Vec::new(), String::new());
    for element in offsets.elements() {
        let name = TopicPartition::new(element.topic(), element.partition());
        match (element.error(), element.offset()) {
            (Ok(()), Offset::Offset(offset)) => accepted.push((name, offset)),
            // A partition without a stored offset.
            (Ok(()), _) => {}
            (Err(error), _) => {
                reason = error.to_string();
                refused.push(name);
            }
        }
    }
    if refused.is_empty() { CommitAnswer::Accepted(accepted) } else { CommitAnswer::Refused(refused, reason) }
}

/// The partitions that librdkafka left out of a commit: no offset was stored for them, or none past the committed one.
fn not_newer(result: &KafkaResult<()>, offsets: &TopicPartitionList) -> Vec<TopicPartition> {
    let answered = matches!(result, Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)));
    let elements = offsets.elements();
    let left_out = elements.iter().filter(|element| answered && !matches!(element.offset(), Offset::Offset(_)));
    left_out.map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_out_of_range_is_parsed_from_the_log() {
        let line = "[thrd:main]: orders [12]: offset reset (at offset 10 (leader epoch 1), broker 2) to cached BEGINNING offset 30: \
                    fetch failed due to requested offset not available on the broker: Broker: Offset out of range";
        assert_eq!(out_of_range(line), Some((TopicPartition::new("orders", 12), 10)));
        // A group without a committed offset starts at the beginning, which loses nothing.
        assert_eq!(out_of_range("orders [0]: offset reset (at INVALID, broker -1) to BEGINNING: no offset"), None);
        assert_eq!(out_of_range("orders [0]: something else"), None);
    }
}
