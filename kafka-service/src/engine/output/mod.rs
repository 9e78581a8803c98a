//! What follows a finished command: its events go to the producer, or the command is dead-lettered.

mod blocked_key;
mod breaker;
mod context;
mod dead_letter;
mod redelivery;
mod rejected;
mod resend;
mod send_queue;

use std::{future::Future, sync::Arc};

use futures_util::future::OptionFuture;
use tokio::sync::mpsc;

pub(crate) use self::context::{OutputContext, OutputSettings};
use self::{
    breaker::Breaker,
    redelivery::{ResendOutcome, Resent},
    rejected::{ReadBackCommand, RejectedEvents},
    send_queue::{SendQueue, TooLarge},
};
use super::{
    Counters,
    attempt::{AttemptError, Delivery},
};
use crate::{
    acks::{Incoming, Room},
    dead_letter::Reason,
    handler::Events,
    message::{Record, envelope::Identity},
    publisher::{Encoder, MessageIds, Sequence},
    registry::Handler,
    transport::{DeliveryReports as _, OutRecord, SendError},
};

/// The publishing side of the dispatcher.
pub(crate) struct Output {
    context: Arc<OutputContext>,
    queue: SendQueue,
    rejected: RejectedEvents,
    encoder: Encoder,
    ids: MessageIds,
    breaker: Breaker,
    incoming: mpsc::UnboundedReceiver<Incoming>,
}

/// What has to be done besides starting and ending handlers.
pub(crate) enum OutputEvent {
    Incoming(Incoming),
    /// A record of a blocked key was sent again.
    Resent(Resent),
    /// A command whose event was rejected was read back.
    ReadBack(ReadBackCommand),
}

impl Output {
    pub(crate) fn new(context: OutputContext, incoming: mpsc::UnboundedReceiver<Incoming>) -> Self {
        let context = Arc::new(context);
        let settings = &context.settings;
        Self {
            queue: SendQueue::new(&context),
            rejected: RejectedEvents::default(),
            breaker: Breaker::new(settings.dead_letter_limit),
            encoder: Encoder::new(&settings.source, settings.message_id),
            ids: MessageIds::default(),
            incoming,
            context,
        }
    }

    /// The next event. Never completes if there is nothing to wait for.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped.
    pub(crate) async fn next(&mut self) -> OutputEvent {
        let Self { incoming, queue, rejected, .. } = self;
        tokio::select! { biased;
            Some(incoming) = incoming.recv() => OutputEvent::Incoming(incoming),
            Some(resent) = queue.redelivery.next(), if !queue.redelivery.is_empty() => OutputEvent::Resent(resent),
            Some(command) = rejected.next(), if !rejected.is_empty() => OutputEvent::ReadBack(command),
            else => std::future::pending().await,
        }
    }

    pub(crate) fn on_event(&mut self, event: OutputEvent) {
        match event {
            OutputEvent::Incoming(incoming) => self.take(incoming),
            OutputEvent::Resent(resent) => self.on_resent(resent),
            OutputEvent::ReadBack(command) => self.dead_letter_rejected(command),
        }
    }

    /// Handles the result of sending a record of a blocked key again.
    fn on_resent(&mut self, resent: Resent) {
        match self.queue.redelivery.on_result(resent) {
            ResendOutcome::Again => {}
            ResendOutcome::Delivered(token) => self.context.acks().delivered(token),
            ResendOutcome::Rejected(rejected) => {
                let (stored, undelivered) = *rejected;
                self.on_rejected(stored, undelivered);
            }
        }
    }

    /// Sends what waits for room in the producer. If any is left, the future completes when there may be room.
    pub(crate) fn drain<'a>(&mut self, room: &'a Room) -> OptionFuture<impl Future<Output = ()> + use<'a>> {
        self.queue.drain(room)
    }

    /// Whether records wait for room in the producer.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Whether nothing waits for anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.incoming.is_empty()
            && self.queue.redelivery.is_empty()
            && self.rejected.is_empty()
            && !self.queue.is_full()
    }

    /// The number of blocked keys, and of commands whose event was rejected.
    pub(crate) fn undelivered(&self) -> usize {
        self.queue.redelivery.len() + self.rejected.len()
    }

    /// Tells the producer that nothing more follows for now, so that lingering records are sent at once.
    pub(crate) fn flush_lingering(&mut self) {
        self.queue.flush_lingering();
    }

    /// Takes the records that handlers publish and those that were not delivered, as far as they have arrived.
    pub(crate) fn take_incoming(&mut self) {
        while let Ok(incoming) = self.incoming.try_recv() {
            self.take(incoming);
        }
    }

    pub(crate) fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Undelivered(token, undelivered) => {
                self.queue.failed(token, undelivered);
                self.context.acks().release();
            }
            // Records of a revoked partition are published by its new owner.
            Incoming::Published(stored) if !self.context.shared.is_owned(stored.token) => {
                self.context.acks().dropped(stored.token);
            }
            Incoming::Published(stored) => {
                if let Err(TooLarge(reason)) = self.queue.send(&stored.record.borrow(), stored.token) {
                    let undelivered = stored.undelivered(&SendError::TooLarge(reason));
                    if let Some((token, undelivered)) = self.context.acks().answer(stored.token, undelivered) {
                        self.queue.failed(token, undelivered);
                    }
                }
            }
        }
    }

    /// Hands over the events of a command. The slot is finished when all of them are acknowledged; without events, at
    /// once.
    pub(crate) fn events<R: Record>(
        &mut self,
        delivery: Delivery<'_, R>,
        handler: &'static Handler,
        identity: Identity<'_>,
        events: &Events,
    ) {
        if let Some(bound) = delivery.bound {
            // What the handler has published itself precedes what it returns.
            self.take_incoming();
            if let Some(reason) = bound.bound().refusal() {
                return self.dead_letter(delivery, &AttemptError::permanent(Reason::EventRefused, reason.to_owned()));
            }
        }
        let Self { context, queue, encoder, ids, .. } = self;
        let bound = delivery.bound.and_then(|bound| bound.bound().end(events.len()));
        if events.is_empty() {
            if bound.is_none() {
                delivery.assignment.finish(delivery.slot);
            }
            return self.finished();
        }
        Counters::add(&context.shared.counters.events, events.len() as u64);
        let origin = delivery.origin();
        if encoder.wants_ids() {
            ids.reset(&context.shared.group, handler.name, identity.id, &origin);
        }
        let (token, first) = bound
            .unwrap_or_else(|| (context.acks().command(delivery.assignment.index(), delivery.slot, events.len()), 0));
        let command_key = origin.key.unwrap_or(identity.correlation_id.as_bytes());
        let mut refused = None;
        for (number, event) in (0..).zip(events.iter()) {
            let id = ids.get(Sequence::Returned(number));
            let encoded = encoder.encode(
                event.event_type,
                identity.correlation_id,
                event.payload,
                id.as_str(),
                context.shared.clock.timestamp(),
            );
            let record = OutRecord {
                topic: context.settings.events_topic,
                key: Some(event.key.unwrap_or(command_key)),
                value: Some(encoded.value),
                headers: encoded.headers,
            };
            match queue.send(&record, token.numbered(first + number)) {
                Ok(()) => {}
                // An event that the broker will never accept counts as handed over once its command is dead-lettered.
                Err(_) if refused.is_some() => context.acks().delivered(token),
                Err(TooLarge(reason)) => {
                    let topic = context.producer.topic_name(record.topic);
                    refused = Some(format!("event `{}` is too large for topic `{topic}`: {reason}", event.event_type));
                }
            }
        }
        match refused {
            None => self.finished(),
            Some(message) => self.write(&delivery, token, Reason::EventRefused, &message),
        }
    }

    /// A command was skipped on purpose.
    pub(crate) fn skipped(&mut self) {
        self.breaker.handled();
    }

    fn finished(&mut self) {
        Counters::add(&self.context.shared.counters.finished, 1);
        self.breaker.handled();
    }
}
