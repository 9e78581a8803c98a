//! Graceful shutdown: until the deadline, or less if no broker is reachable.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Fuse},
};

use super::handle::Running;
use crate::{
    engine::{Counters, Ended, Shared},
    error::Error,
    publisher::Publisher,
    transport::Producer,
};

/// How long closing the consumer may take after its deadline: it only closes its connections then.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(6);
/// How long the shutdown waits for a broker while no handler runs.
const NO_BROKER: Duration = Duration::from_secs(5);
/// The interval between two looks at the brokers and at what is left.
const STEP: Duration = Duration::from_millis(100);

/// Completes when no handler runs and no broker has been reachable for a while, and never again.
type Outage = Fuse<BoxFuture<'static, ()>>;

/// What a shutdown has left.
#[derive(Debug)]
struct Left {
    ended: Ended,
    /// Records that the broker has not acknowledged.
    unacknowledged: usize,
    /// Detached publications that were not handed over.
    unsent: usize,
    /// Whether the shutdown did not wait for its deadline, because no broker was reachable.
    is_cut_short: bool,
}

impl Running {
    pub(super) async fn shutdown(mut self, publisher: &Publisher, deadline: Duration) -> Result<(), Error> {
        let started = self.now();
        let failure = self.shared.fatal.reason().map(str::to_owned);
        self.shared.health.drain();
        tracing::info!(?deadline, "shutting down; no longer accepting records");
        let left = self.drain(publisher, started + deadline).await;
        if left.is_cut_short {
            self.warn_of_unsent(publisher, &left);
        }
        self.shared.acks.close();
        self.shared.health.stopped();
        self.log_end(&left, started);
        match failure {
            Some(reason) => Err(Error::Failed(reason)),
            None => left.result(),
        }
    }

    fn now(&self) -> Instant {
        self.shared.clock.instant()
    }

    /// Finishes what can be finished until the deadline.
    async fn drain(&mut self, publisher: &Publisher, deadline: Instant) -> Left {
        let mut outage = outage(Arc::clone(&self.shared), Arc::clone(&self.producer));
        self.consumer.stop(deadline);
        let (ended, mut is_cut_short) = self.consumer_ended(deadline, &mut outage).await;
        let ended = ended.unwrap_or_else(|| {
            let in_flight = usize::try_from(Counters::get(&self.shared.counters.in_flight)).unwrap_or(usize::MAX);
            Ended { left: in_flight, running: in_flight }
        });
        // The partitions are revoked, so the result of a handler or a retry would be discarded.
        let end_by = self.shared.clock.sleep(STEP);
        tokio::select! {
            () = self.dispatcher.ended() => {}
            () = end_by => self.dispatcher.abort(),
        }
        let flush_until = if is_cut_short { self.now() } else { deadline };
        let unacknowledged = tokio::select! {
            unacknowledged = self.flush(publisher, flush_until) => unacknowledged,
            () = &mut outage => {
                is_cut_short = true;
                self.flush(publisher, self.now()).await
            }
        };
        Left { ended, unacknowledged, unsent: publisher.backlog().len(), is_cut_short }
    }

    /// What the consumer has left, unless it hangs; and whether it was told to stop before the deadline.
    async fn consumer_ended(&mut self, deadline: Instant, outage: &mut Outage) -> (Option<Ended>, bool) {
        let clock = &self.shared.clock;
        let leave_by = clock.sleep(deadline.saturating_duration_since(clock.instant()) + LEAVE_TIMEOUT);
        tokio::select! {
            ended = &mut self.consumer.ended => return (ended.ok(), false),
            () = leave_by => return (None, false),
            () = outage => {}
        }
        self.consumer.stop(clock.instant());
        tokio::select! {
            ended = &mut self.consumer.ended => (ended.ok(), true),
            () = clock.sleep(LEAVE_TIMEOUT) => (None, true),
        }
    }

    /// Waits until everything that is published is handed over and acknowledged. Returns how much is not acknowledged.
    async fn flush(&self, publisher: &Publisher, deadline: Instant) -> usize {
        loop {
            let producer = Arc::clone(&self.producer);
            let unacknowledged = tokio::task::spawn_blocking(move || producer.flush(STEP)).await.unwrap_or(0);
            let is_done = unacknowledged == 0 && publisher.backlog().is_empty();
            if is_done || self.now() >= deadline {
                return unacknowledged;
            }
            if unacknowledged == 0 {
                // The flush did not wait.
                self.shared.clock.sleep(STEP).await;
            }
        }
    }

    fn warn_of_unsent(&self, publisher: &Publisher, left: &Left) {
        let backlog = publisher.backlog();
        let detached = Some(backlog.describe(&*self.producer)).filter(|text| !text.is_empty());
        tracing::warn!(
            detached,
            awaited = backlog.awaited(),
            unacknowledged = left.unacknowledged,
            to_be_redelivered = left.ended.left,
            last_error = self.producer.trouble(),
            help = "check the brokers, KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL",
            "no broker reachable for {NO_BROKER:?} during shutdown; giving up publications that were not sent"
        );
    }

    fn log_end(&self, left: &Left, started: Instant) {
        let Left { ended, unacknowledged, unsent, .. } = *left;
        tracing::info!(
            to_be_redelivered = ended.left,
            in_flight = ended.running,
            unacknowledged,
            unsent,
            lost_publications = self.shared.acks.losses(),
            acknowledged_late = self.shared.acks.unheard(),
            finished = Counters::get(&self.shared.counters.finished),
            dead_lettered = Counters::get(&self.shared.counters.dead_lettered),
            elapsed = ?self.now().duration_since(started),
            "service stopped"
        );
    }
}

impl Left {
    /// Commands that were not begun, or waited for a retry, are redelivered to the next owner; that is not a failure.
    fn result(&self) -> Result<(), Error> {
        let Self { ended, unacknowledged, unsent, is_cut_short } = *self;
        let commands = ended.running;
        if commands + unacknowledged + unsent == 0 {
            Ok(())
        } else if is_cut_short {
            Err(Error::Unreachable { commands, unacknowledged, unsent })
        } else {
            Err(Error::Incomplete { commands, unacknowledged: unacknowledged + unsent })
        }
    }
}

fn outage(shared: Arc<Shared>, producer: Arc<dyn Producer>) -> Outage {
    let outage = async move {
        let mut since = shared.clock.instant();
        loop {
            let now = shared.clock.instant();
            if producer.connected().is_none() {
                since = now;
            }
            let is_idle = Counters::get(&shared.counters.in_flight) == 0;
            if is_idle && now.saturating_duration_since(since) >= NO_BROKER {
                return;
            }
            shared.clock.sleep(STEP).await;
        }
    };
    let outage: BoxFuture<'static, ()> = Box::pin(outage);
    outage.fuse()
}
