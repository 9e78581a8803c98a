//! What follows a finished command: its events go to the producer, or the command is dead-lettered.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    Core, Counters,
    attempt::AttemptError,
    breaker::Breaker,
    closed::is_owned,
    job::origin,
    output::{Output, TooLarge},
    unknown::harmless,
};
use crate::{
    commit::{Assignment, Token},
    config::DeadLetterHeaders,
    dead_letter::{self, Failed, Omitted, Reason},
    envelope::Identity,
    handler::Events,
    message::{Record, StoredRecord},
    publish::{BoundGuard, Encoder, Incoming, MessageIds, Place},
    registry::Handler,
    transport::{OutRecord, SendError, TopicId},
};

/// The publishing side of the dispatcher.
pub(super) struct Publishing {
    pub(super) core: Arc<Core>,
    pub(super) output: Output,
    encoder: Encoder,
    pub(super) breaker: Breaker,
    pub(super) incoming: mpsc::UnboundedReceiver<Incoming>,
    ids: MessageIds,
}

/// A record whose handling has ended, with its slot.
pub(super) struct Ended<'a, R> {
    pub(super) record: &'a R,
    pub(super) assignment: &'a Assignment,
    pub(super) slot: u64,
    pub(super) attempts: u32,
    pub(super) handler: Option<&'static Handler>,
    /// Set if its handler publishes itself.
    pub(super) bound: Option<&'a BoundGuard>,
}

// Written by hand, because a derive would require it of `R`.
impl<R> Clone for Ended<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Ended<'_, R> {}

impl<'a, R> Ended<'a, R> {
    /// The state before the first attempt.
    pub(super) fn unread(record: &'a R, assignment: &'a Assignment, slot: u64) -> Self {
        Self { record, assignment, slot, attempts: 0, handler: None, bound: None }
    }
}

impl Publishing {
    pub(super) fn new(core: Arc<Core>, incoming: mpsc::UnboundedReceiver<Incoming>) -> Self {
        let settings = &core.settings;
        Self {
            output: Output::new(&core),
            breaker: Breaker::new(settings.dead_letter_limit),
            encoder: Encoder::new(&settings.source, settings.message_id),
            ids: MessageIds::default(),
            incoming,
            core,
        }
    }

    /// Takes the records that handlers publish and those that were not delivered, as far as they have arrived.
    pub(super) fn take_incoming(&mut self) {
        while let Ok(incoming) = self.incoming.try_recv() {
            self.take(incoming);
        }
    }

    pub(super) fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Undelivered(token, undelivered) => {
                self.output.failed(token, undelivered);
                self.core.acks.release();
            }
            // Records of a revoked partition are published by its new owner.
            Incoming::Published(stored) if !is_owned(&self.core, stored.token) => self.core.acks.dropped(stored.token),
            Incoming::Published(stored) => {
                if let Err(TooLarge(reason)) = self.output.send(&stored.record(), stored.token) {
                    let undelivered = stored.undelivered(&SendError::TooLarge(reason));
                    if let Some((token, undelivered)) = self.core.acks.answer(stored.token, undelivered) {
                        self.output.failed(token, undelivered);
                    }
                }
            }
        }
    }

    /// Hands over the events of a command. The slot is finished when all of them are acknowledged; without events, at
    /// once.
    pub(super) fn events<R: Record>(
        &mut self,
        ended: Ended<'_, R>,
        handler: &'static Handler,
        identity: Identity<'_>,
        events: &Events,
    ) {
        if let Some(bound) = ended.bound {
            // What the handler has published itself precedes what it returns.
            self.take_incoming();
            if let Some(reason) = bound.bound().refusal() {
                return self.dead_letter(ended, &AttemptError::permanent(Reason::EventRefused, reason.to_owned()));
            }
        }
        let core = Arc::clone(&self.core);
        let bound = ended.bound.and_then(|bound| bound.bound().end(events.len()));
        if events.is_empty() {
            if bound.is_none() {
                ended.assignment.finish(ended.slot);
            }
            return self.finished();
        }
        Counters::add(&core.counters.events, events.len() as u64);
        let origin = origin(ended.record, ended.assignment);
        if self.encoder.wants_ids() {
            self.ids.reset(&core.settings.group, handler.name, identity.id, &origin);
        }
        let (token, first) =
            bound.unwrap_or_else(|| (core.acks.command(ended.assignment.index(), ended.slot, events.len()), 0));
        let command_key = origin.key.unwrap_or(identity.correlation_id.as_bytes());
        let mut refused = None;
        for (number, event) in (0..).zip(events.iter()) {
            let id = self.ids.get(Place::Returned(number));
            let encoded = self.encoder.encode(
                event.event_type,
                identity.correlation_id,
                event.payload,
                id.as_str(),
                core.clock.timestamp(),
            );
            let record = OutRecord {
                topic: core.settings.events_topic,
                key: Some(event.key.unwrap_or(command_key)),
                value: Some(encoded.value),
                headers: encoded.headers,
            };
            match self.output.send(&record, token.numbered(first + number)) {
                Ok(()) => {}
                // An event that the broker will never accept counts as handed over once its command is dead-lettered.
                Err(_) if refused.is_some() => core.acks.delivered(token),
                Err(TooLarge(reason)) => {
                    let topic = core.producer.topic_name(record.topic);
                    refused = Some(format!("event `{}` is too large for topic `{topic}`: {reason}", event.event_type));
                }
            }
        }
        match refused {
            None => self.finished(),
            Some(message) => self.write(&ended, token, Reason::EventRefused, &message),
        }
    }

    fn finished(&mut self) {
        Counters::add(&self.core.counters.finished, 1);
        self.breaker.handled();
    }

    /// Dead-letters a message. Its slot is finished when the dead letter is acknowledged.
    pub(super) fn dead_letter<R: Record>(&mut self, ended: Ended<'_, R>, error: &AttemptError) {
        let bound = ended.bound.and_then(|bound| bound.bound().end(1));
        let token = bound.map_or_else(|| Token::position(ended.assignment.index(), ended.slot), |(token, _)| token);
        self.write(&ended, token, error.reason, &error.message);
    }

    fn write<R: Record>(&mut self, ended: &Ended<'_, R>, token: Token, reason: Reason, message: &str) {
        let core = Arc::clone(&self.core);
        let origin = origin(ended.record, ended.assignment);
        let handler = ended.handler.map(|handler| handler.place().to_string());
        log(&origin, ended, handler.as_deref(), reason, message);
        if let Some(failed) = self.breaker.failed() {
            // Nothing is written and nothing committed: the command is redelivered when the cause is fixed.
            core.fatal.report(format!(
                "dead-letter limit exceeded (KAFKA_DEAD_LETTER_LIMIT): {failed} of the last 100 commands failed; the last \
                 error: {message}"
            ));
            return;
        }
        Counters::add(&core.counters.dead_lettered, 1);
        let failed = Failed {
            origin,
            group: &core.settings.group,
            kind: ended.handler.map(|handler| handler.name),
            handler: handler.as_deref(),
            reason,
            message,
            attempts: ended.attempts,
            time: core.clock.timestamp(),
        };
        let mut record = ended.record.store();
        record.headers = dead_letter::headers(record.headers, &failed);
        if core.settings.dead_letter_headers == DeadLetterHeaders::Spring {
            dead_letter::spring::add(&mut record.headers, &failed);
        }
        let Some(topic) = core.settings.dead_letter_topics.get(origin.topic) else {
            core.fatal.report(format!("topic `{}` has no dead-letter topic", origin.topic));
            return;
        };
        self.send_dead_letter(*topic, record, token);
    }

    fn send_dead_letter(&mut self, topic: TopicId, record: StoredRecord, token: Token) {
        if let Err(TooLarge(reason)) = self.output.send(&stored(topic, &record), token) {
            let limit = self.core.producer.largest();
            self.send_smaller(topic, record, token, limit, &reason);
        }
    }

    /// Sends a dead letter without the parts that its topic or the client does not accept. `limit` is the maximum size,
    /// if it is known.
    pub(super) fn send_smaller(
        &mut self,
        topic: TopicId,
        record: StoredRecord,
        token: Token,
        limit: Option<usize>,
        reason: &str,
    ) {
        match dead_letter::fitted(record, limit) {
            Ok((record, omitted)) => {
                log_omitted(&self.core.producer.topic_name(topic), &record, omitted, reason);
                // Each call omits a part, so this terminates.
                self.send_dead_letter(topic, record, token);
            }
            Err(record) => self.output.keep(&stored(topic, &record), token, reason.to_owned()),
        }
    }

    /// Dead-letters a command whose record was read back because one of its events will never be accepted.
    pub(super) fn dead_letter_refused(&mut self, ended: &Ended<'_, StoredRecord>, token: Token, message: &str) {
        self.write(ended, token, Reason::EventRefused, message);
    }
}

fn stored(topic: TopicId, record: &StoredRecord) -> OutRecord<'_> {
    OutRecord { topic, key: record.key.as_deref(), value: record.value.as_deref(), headers: &record.headers }
}

fn log_omitted(dead_letter_topic: &str, record: &StoredRecord, omitted: Omitted, reason: &str) {
    let said = |wanted: &str| {
        let value = record.headers.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_deref());
        value.map(String::from_utf8_lossy).unwrap_or_default()
    };
    tracing::error!(
        dead_letter_topic,
        topic = %said(dead_letter::TOPIC),
        partition = %said(dead_letter::PARTITION),
        offset = %said(dead_letter::OFFSET),
        omitted_value_bytes = omitted.value,
        omitted_headers_bytes = omitted.headers,
        omitted_key_bytes = omitted.key,
        reason,
        help = "increase `max.message.bytes` of the dead-letter topic; the omitted parts remain in the source record until its \
                retention expires",
        "dead letter too large; omitting parts of it"
    );
}

fn log<R>(
    origin: &crate::message::Origin<'_>,
    ended: &Ended<'_, R>,
    handler: Option<&str>,
    reason: Reason,
    message: &str,
) {
    tracing::error!(
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        command = ended.handler.map(|handler| handler.name),
        handler,
        attempts = ended.attempts,
        reason = reason.as_str(),
        error = harmless(message, dead_letter::MESSAGE_LIMIT),
        "message dead-lettered"
    );
}
