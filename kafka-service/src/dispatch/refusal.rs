//! Events that the broker will never accept: their commands are read back and dead-lettered.

use std::{sync::Arc, time::Duration};

use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{FuturesUnordered, Next},
};

use super::{
    Core,
    closed::is_owned,
    outcome::{Ended, Publishing},
};
use crate::{
    commit::{Assignment, Token},
    envelope::Envelope,
    message::StoredRecord,
    transport::{Stored, Undelivered},
};

/// Commands that are being read back.
#[derive(Default)]
pub(super) struct Refusals {
    reading: FuturesUnordered<BoxFuture<'static, Refused>>,
    /// The commands that were read back because of one of their events, for as long as another may be rejected.
    begun: Vec<(Arc<Assignment>, u64)>,
}

/// A command with a rejected event, with its record.
pub(super) struct Refused {
    assignment: Arc<Assignment>,
    slot: u64,
    token: Token,
    record: StoredRecord,
    message: String,
}

/// The delay before another attempt to read back a record.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Refusals {
    pub(super) fn len(&self) -> usize {
        self.reading.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reading.is_empty()
    }

    pub(super) fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, Refused>>> {
        self.reading.next()
    }

    /// Handles a record that was rejected for its content.
    pub(super) fn begin(&mut self, publishing: &mut Publishing, stored: Stored, undelivered: Undelivered) {
        let core = Arc::clone(&publishing.core);
        // If the partition was revoked, its new owner will find out itself.
        if !is_owned(&core, stored.token) {
            return core.acks.dropped(stored.token);
        }
        // If a caller waits for the answer, it decides what to do; otherwise the record is treated like a returned
        // event.
        let Some((token, Undelivered { error: reason, .. })) = core.acks.answer(stored.token, undelivered) else {
            return;
        };
        let stored = Stored { token, ..stored };
        if core.settings.is_dead_letter_topic(stored.topic) {
            return shrink_dead_letter(publishing, stored, &reason);
        }
        let position = core.acks.position(stored.token);
        let assignment = position.and_then(|(index, slot)| Some((core.acks.assignments.get(index)?, slot)));
        let Some((assignment, slot)) = assignment else { return core.acks.dropped(stored.token) };
        self.begun.retain(|(assignment, slot)| assignment.is_owned() && !assignment.is_finished(*slot));
        if self.begun.iter().any(|(begun, number)| begun.index() == assignment.index() && *number == slot) {
            // One dead letter is enough for a command with several rejected events.
            return core.acks.delivered(stored.token);
        }
        self.begun.push((Arc::clone(&assignment), slot));
        let message = format!("event rejected by topic `{}`: {reason}", core.producer.topic_name(stored.topic));
        self.reading.push(Box::pin(read_back(core, assignment, slot, stored.token, message)));
    }
}

/// Sends a dead letter that its topic does not accept without its large parts.
fn shrink_dead_letter(publishing: &mut Publishing, stored: Stored, reason: &str) {
    let Stored { topic, key, value, headers, token } = stored;
    let record = StoredRecord { value, key, offset: 0, timestamp: None, headers };
    publishing.send_smaller(topic, record, token, None, reason);
}

async fn read_back(core: Arc<Core>, assignment: Arc<Assignment>, slot: u64, token: Token, message: String) -> Refused {
    let offset = assignment.offset(slot).unwrap_or_default();
    let gone = || StoredRecord { value: None, key: None, offset, timestamp: None, headers: Vec::new() };
    let record = loop {
        if !assignment.is_readable(slot) {
            // The topic was recreated: another record has this offset now.
            break gone();
        }
        match core.read_back.read(assignment.topic(), assignment.partition(), offset).await {
            Ok(Some(record)) => break record,
            // Retention has deleted it: what is known about it is dead-lettered anyway.
            Ok(None) => break gone(),
            Err(error) => {
                tracing::warn!(
                    topic = assignment.topic(),
                    partition = assignment.partition(),
                    offset,
                    error,
                    "cannot re-read a message whose event was rejected; retrying"
                );
                core.clock.sleep(AGAIN_AFTER).await;
            }
        }
    };
    Refused { assignment, slot, token, record, message }
}

impl Refused {
    /// Dead-letters the command, unless its partition is assigned to another member by now.
    pub(super) fn finish(self, publishing: &mut Publishing) {
        if !self.assignment.is_owned() {
            return publishing.core.acks.dropped(self.token);
        }
        // The handler is looked up as it was when the command arrived.
        let envelope = Envelope::decode(self.record.value.as_deref()).ok();
        let routes = &publishing.core.routes;
        let route = routes.find(self.assignment.topic());
        let handler = route.zip(envelope).and_then(|(route, envelope)| routes.handler(route, &envelope.kind));
        let ended = Ended {
            record: &self.record,
            assignment: &self.assignment,
            slot: self.slot,
            attempts: 1,
            handler,
            bound: None,
        };
        publishing.dead_letter_refused(&ended, self.token, &self.message);
    }
}
