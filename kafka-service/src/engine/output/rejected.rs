//! Events that the broker will never accept: their commands are read back and dead-lettered.

use std::{sync::Arc, time::Duration};

use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{FuturesUnordered, Next},
};

use super::{Output, OutputContext};
use crate::{
    dead_letter::Reason,
    engine::attempt::Delivery,
    message::{StoredRecord, envelope::Envelope},
    offsets::Assignment,
    transport::{DeliveryReports as _, OwnedRecord, Stored, Token, Undelivered},
};

/// Commands that are being read back.
#[derive(Default)]
pub(super) struct RejectedEvents {
    reading: FuturesUnordered<BoxFuture<'static, ReadBackCommand>>,
    /// The commands that were read back because of one of their events, for as long as another may be rejected.
    begun: Vec<(Arc<Assignment>, u64)>,
}

/// A command with a rejected event, with its record.
pub(crate) struct ReadBackCommand {
    assignment: Arc<Assignment>,
    slot: u64,
    token: Token,
    record: StoredRecord,
    message: String,
}

/// The delay before another attempt to read back a record.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl RejectedEvents {
    pub(super) fn len(&self) -> usize {
        self.reading.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reading.is_empty()
    }

    pub(super) fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, ReadBackCommand>>> {
        self.reading.next()
    }
}

impl Output {
    /// Handles a record that was rejected for its content.
    pub(super) fn on_rejected(&mut self, stored: Stored, undelivered: Undelivered) {
        let context = Arc::clone(&self.context);
        let acks = &context.acks();
        // If the partition was revoked, its new owner will find out itself.
        if !context.shared.is_owned(stored.token) {
            return acks.dropped(stored.token);
        }
        // If a caller waits for the answer, it decides what to do; otherwise the record is treated like a returned
        // event.
        let Some((token, Undelivered { error: reason, .. })) = acks.answer(stored.token, undelivered) else { return };
        let topic = stored.record.topic;
        if context.is_dead_letter_topic(topic) {
            return self.shrink_dead_letter(stored.record, token, &reason);
        }
        let position = acks.position(token);
        let assignment = position.and_then(|(index, slot)| Some((acks.assignments.get(index)?, slot)));
        let Some((assignment, slot)) = assignment else { return acks.dropped(token) };
        let begun = &mut self.rejected.begun;
        begun.retain(|(assignment, slot)| assignment.is_owned() && !assignment.is_finished(*slot));
        if begun.iter().any(|(begun, number)| begun.index() == assignment.index() && *number == slot) {
            // One dead letter is enough for a command with several rejected events.
            return acks.delivered(token);
        }
        begun.push((Arc::clone(&assignment), slot));
        let message = format!("event rejected by topic `{}`: {reason}", context.producer.topic_name(topic));
        let read = read_back(Arc::clone(&context), assignment, slot, token, message);
        self.rejected.reading.push(Box::pin(read));
    }

    /// Sends a dead letter that its topic does not accept without its large parts.
    fn shrink_dead_letter(&mut self, record: OwnedRecord, token: Token, reason: &str) {
        let OwnedRecord { topic, key, value, headers } = record;
        let record = StoredRecord { value, key, offset: 0, timestamp: None, headers };
        self.send_smaller(topic, record, token, None, reason);
    }

    /// Dead-letters a command that was read back, unless its partition is assigned to another member by now.
    pub(super) fn dead_letter_rejected(&mut self, command: ReadBackCommand) {
        let ReadBackCommand { assignment, slot, token, record, message } = command;
        if !assignment.is_owned() {
            return self.context.acks().dropped(token);
        }
        // The handler is looked up as it was when the command arrived.
        let envelope = Envelope::decode(record.value.as_deref()).ok();
        let routes = &self.context.routes;
        let route = routes.find(assignment.topic());
        let handler = route.zip(envelope).and_then(|(route, envelope)| routes.handler(route, &envelope.kind));
        let delivery = Delivery { attempt: 1, handler, ..Delivery::unread(&record, &assignment, slot) };
        self.write(&delivery, token, Reason::EventRefused, &message);
    }
}

async fn read_back(
    context: Arc<OutputContext>,
    assignment: Arc<Assignment>,
    slot: u64,
    token: Token,
    message: String,
) -> ReadBackCommand {
    let offset = assignment.offset(slot).unwrap_or_default();
    let gone = || StoredRecord { value: None, key: None, offset, timestamp: None, headers: Vec::new() };
    let record = loop {
        if !assignment.is_readable(slot) {
            // The topic was recreated: another record has this offset now.
            break gone();
        }
        match context.read_back.read(assignment.topic(), assignment.partition(), offset).await {
            Ok(Some(record)) => break record,
            // Retention has deleted it: what is known about it is dead-lettered anyway.
            Ok(None) => break gone(),
            Err(error) => {
                tracing::warn!(
                    topic = assignment.topic(),
                    partition = assignment.partition(),
                    offset,
                    error,
                    "cannot re-read the source record of a rejected event; retrying"
                );
                context.shared.clock.sleep(AGAIN_AFTER).await;
            }
        }
    };
    ReadBackCommand { assignment, slot, token, record, message }
}
