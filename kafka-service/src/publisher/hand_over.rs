//! Hands one record to the producer: when a broker is connected and there is room, within a deadline.

use std::pin::pin;

use futures_util::future::select;

use super::{PublisherShared, deadline::Deadline};
use crate::{
    acks::Acks,
    config::format_duration,
    transport::{DeliveryReports as _, OutRecord, Producer, SendError, Token},
};

/// Why a record was not handed over.
#[derive(Debug)]
pub(super) enum Unsent {
    /// The publication has not been sent and never will be; with the reason.
    Never(String),
    /// The producer rejected the record.
    Rejected(SendError),
}

impl Unsent {
    pub(super) fn stopped() -> Self {
        Self::Never("the service has stopped".to_owned())
    }

    /// The deadline has passed, and this is why.
    pub(super) fn late(producer: &dyn Producer, deadline: &Deadline) -> Self {
        let timeout = format_duration(deadline.timeout);
        if producer.connected().is_none() {
            return Self::Never(format!("the producer queue had no room within {timeout}"));
        }
        let trouble = producer.trouble().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
        Self::Never(format!("no broker was connected within {timeout}{trouble}"))
    }

    pub(super) fn reason(&self) -> String {
        match self {
            Self::Never(reason) => reason.clone(),
            Self::Rejected(error) => error.to_string(),
        }
    }
}

/// Waits until a broker is connected. Ends early when the service stops.
pub(super) async fn connect(producer: &dyn Producer, acks: &Acks, deadline: &mut Deadline) -> Result<(), Unsent> {
    while let Some(connected) = producer.connected() {
        if deadline.within(select(connected, pin!(acks.closed()))).await.is_none() {
            return Err(Unsent::late(producer, deadline));
        }
        if acks.is_closing() {
            return Err(Unsent::stopped());
        }
    }
    Ok(())
}

/// Hands over a record when there is room. An entry of the table of pending publications is removed again if that
/// fails, or if the future is dropped.
pub(super) async fn hand_over(
    producer: &dyn Producer,
    acks: &Acks,
    record: &OutRecord<'_>,
    token: Token,
    deadline: &mut Deadline,
) -> Result<(), Unsent> {
    let mut entry = Entry { acks, token, is_in_use: false };
    // Checked only now: every caller that is in the table before the end is notified at the end.
    if acks.is_closing() {
        return Err(Unsent::stopped());
    }
    let send = || producer.send(record, token);
    let sent = match send() {
        Err(SendError::QueueFull) => match deadline.within(acks.room.send_when_made(send)).await {
            Some(sent) => sent,
            None => return Err(Unsent::late(producer, deadline)),
        },
        sent => sent,
    };
    match sent {
        Ok(()) => {
            entry.is_in_use = true;
            Ok(())
        }
        Err(_) if acks.is_closing() => Err(Unsent::stopped()),
        Err(error) => {
            renew(producer, &error);
            Err(Unsent::Rejected(error))
        }
    }
}

/// Renews a failed producer: without another send, the failure would not be noticed.
pub(super) fn renew(producer: &dyn Producer, error: &SendError) {
    if let SendError::Fatal(_) = error {
        producer.renew();
    }
}

struct Entry<'a> {
    acks: &'a Acks,
    token: Token,
    is_in_use: bool,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if !self.is_in_use {
            self.acks.forget(self.token);
        }
    }
}

impl PublisherShared {
    /// Whether a publication has to wait before it can be handed over.
    pub(super) fn must_wait(&self, producer: &dyn Producer) -> bool {
        !self.backlog.is_empty() || producer.connected().is_some()
    }

    /// Waits until a broker is connected and the detached publications that already wait are handed over.
    pub(super) async fn wait_for_turn(&self, producer: &dyn Producer, deadline: &mut Deadline) -> Result<(), Unsent> {
        let _counted = self.backlog.count_waiting();
        connect(producer, &self.acks, deadline).await?;
        match deadline.within(self.backlog.passed()).await {
            Some(()) => Ok(()),
            None => Err(Unsent::late(producer, deadline)),
        }
    }
}
