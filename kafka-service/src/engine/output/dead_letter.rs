//! Dead letters: what is written, and how it is made to fit.

use std::sync::Arc;

use super::{Output, send_queue::TooLarge};
use crate::{
    config::DeadLetterHeaders,
    dead_letter::{self, Failed, Omitted, Reason},
    engine::{
        Counters,
        attempt::{AttemptError, Delivery},
        log_text::harmless,
    },
    message::{Origin, Record, StoredRecord},
    registry::Kind,
    transport::{OutRecord, Token, TopicId},
};

impl Output {
    /// Dead-letters a message. Its slot is finished when the dead letter is acknowledged.
    pub(crate) fn dead_letter<R: Record>(&mut self, delivery: Delivery<'_, R>, error: &AttemptError) {
        let bound = delivery.bound.and_then(|bound| bound.bound().end(1));
        let token =
            bound.map_or_else(|| Token::position(delivery.assignment.index(), delivery.slot), |(token, _)| token);
        self.write(&delivery, token, error.reason, &error.message);
    }

    pub(super) fn write<R: Record>(&mut self, delivery: &Delivery<'_, R>, token: Token, reason: Reason, message: &str) {
        let context = Arc::clone(&self.context);
        let origin = delivery.origin();
        let handler = delivery.handler.map(|handler| handler.location().to_string());
        log(&origin, delivery, handler.as_deref(), reason, message);
        if let Some(failed) = self.breaker.failed() {
            // Nothing is written and nothing committed: the command is redelivered when the cause is fixed.
            context.shared.fatal.report(format!(
                "dead-letter limit exceeded (KAFKA_DEAD_LETTER_LIMIT): {failed} of the last 100 commands failed; the last \
                 error: {message}"
            ));
            return;
        }
        Counters::add(&context.shared.counters.dead_lettered, 1);
        let failed = Failed {
            origin,
            group: &context.shared.group,
            kind: delivery.handler.map(|handler| handler.name),
            handler: handler.as_deref(),
            reason,
            message,
            attempts: delivery.attempt,
            time: context.shared.clock.timestamp(),
        };
        let mut record = delivery.record.store();
        record.headers = dead_letter::headers(record.headers, &failed);
        if context.settings.dead_letter_headers == DeadLetterHeaders::Spring {
            dead_letter::spring::add(&mut record.headers, &failed);
        }
        let Some(topic) = context.settings.dead_letter_topics.get(origin.topic) else {
            context.shared.fatal.report(format!("topic `{}` has no dead-letter topic", origin.topic));
            return;
        };
        self.send_dead_letter(*topic, record, token);
    }

    fn send_dead_letter(&mut self, topic: TopicId, record: StoredRecord, token: Token) {
        if let Err(TooLarge(reason)) = self.queue.send(&out_record(topic, &record), token) {
            let limit = self.context.producer.largest();
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
                log_omitted(&self.context.producer.topic_name(topic), &record, omitted, reason);
                // Each call omits a part, so this terminates.
                self.send_dead_letter(topic, record, token);
            }
            Err(record) => self.queue.keep(&out_record(topic, &record), token, reason.to_owned()),
        }
    }
}

fn out_record(topic: TopicId, record: &StoredRecord) -> OutRecord<'_> {
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

fn log<R>(origin: &Origin<'_>, delivery: &Delivery<'_, R>, handler: Option<&str>, reason: Reason, message: &str) {
    let name_of = |kind| delivery.handler.filter(|handler| handler.kind == kind).map(|handler| handler.name);
    tracing::error!(
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        command = name_of(Kind::Command),
        event = name_of(Kind::Event),
        handler,
        attempts = delivery.attempt,
        reason = reason.as_str(),
        error = harmless(message, dead_letter::MESSAGE_LIMIT),
        "message dead-lettered"
    );
}
