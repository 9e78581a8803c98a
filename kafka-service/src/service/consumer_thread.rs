//! The thread that owns the consuming client, runs the driver, and replaces a client that cannot continue.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::stall::StallCheck;
use crate::{
    engine::{Driver, DriverSettings, End, Ended, Step, Stop},
    transport::{Client, ClientEvent, Connector, Monitor, Progress, Replace, Subscription},
};

/// How long the client waits for an event while there is nothing to consume.
const WAIT: Duration = Duration::from_millis(20);
/// A client that ends earlier than this ended soon.
const SETTLE: Duration = Duration::from_secs(20);
/// The pause before a new client if the previous one ended soon; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A handle to the running thread.
#[derive(Debug)]
pub(super) struct ConsumerThread {
    stop: Arc<Stop>,
    pub(super) ended: oneshot::Receiver<Ended>,
}

impl ConsumerThread {
    /// Starts the thread. `settings` makes those of one driver.
    pub(super) fn spawn<C: Connector>(
        connector: C,
        settings: DriverSettings<<C::Client as Client>::Record>,
        stall: StallCheck,
    ) -> std::io::Result<Self> {
        let stop = Arc::clone(&settings.stop);
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("kafka-consumer".to_owned()).spawn(move || {
            let now = settings.shared.clock.instant();
            let ended = ConsumerLoop { connector, settings, stall, began: now, pause: Duration::ZERO }.run();
            // The receiver may be gone.
            _ = end.send(ended);
        })?;
        Ok(Self { stop, ended })
    }

    /// Tells the thread to receive no more records, let handlers finish until `deadline`, commit, and leave the group.
    pub(super) fn stop(&self, deadline: Instant) {
        self.stop.request(deadline);
    }
}

struct ConsumerLoop<C: Connector> {
    connector: C,
    settings: DriverSettings<<C::Client as Client>::Record>,
    stall: StallCheck,
    /// When the client was created.
    began: Instant,
    pause: Duration,
}

impl<C: Connector> ConsumerLoop<C> {
    /// Runs one client after another until one ends for good. The first may end because the broker does not support its
    /// group protocol or assignor, and any may end because only a new one can continue.
    fn run(&mut self) -> Ended {
        loop {
            let (client, monitor) = match self.connector.create(self.now()) {
                Ok(created) => created,
                Err(reason) => return self.fail(reason),
            };
            match self.session(client, monitor) {
                End::Stopped(ended) if self.is_over() => return ended,
                // Its client was outdated.
                End::Stopped(_) => {}
                End::Fatal(reason, ended) => {
                    self.fail(reason);
                    return ended;
                }
                End::Recreate(reason) => {
                    tracing::warn!(
                        cause = reason,
                        "replacing the Kafka consumer; uncommitted records of its partitions will be redelivered"
                    );
                    self.pause();
                }
                End::GroupRefused(refusal) => {
                    if let Err(reason) = self.connector.fall_back(refusal) {
                        return self.fail(reason);
                    }
                }
            }
        }
    }

    /// Whether the service stops or has failed.
    fn is_over(&self) -> bool {
        self.settings.stop.is_requested() || self.settings.shared.fatal.reason().is_some()
    }

    fn now(&self) -> Instant {
        self.settings.shared.clock.instant()
    }

    /// A pause before the next client, so that a lasting cause does not create clients in a tight loop.
    fn pause(&mut self) {
        let now = self.now();
        let ended_soon = now.duration_since(self.began) < SETTLE;
        self.pause = if ended_soon { (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE) } else { Duration::ZERO };
        self.began = now + self.pause;
        while self.now() < self.began && !self.settings.stop.is_requested() {
            thread::sleep(WAIT);
        }
    }

    fn fail(&self, reason: String) -> Ended {
        self.settings.shared.health.tick(Some(&reason), self.now());
        self.settings.shared.fatal.report(reason);
        Ended::default()
    }

    fn session(&mut self, mut client: C::Client, mut monitor: C::Monitor) -> End {
        if let Some(end) = self.subscribe(&mut client, &mut monitor) {
            drop(monitor);
            client.close(!matches!(end, End::Fatal(..)), true);
            return end;
        }
        // Its own, because this driver may have to stop although the service goes on.
        let stop = Arc::new(Stop::default());
        let settings = DriverSettings { stop: Arc::clone(&stop), ..self.settings.clone() };
        let mut driver = Driver::new(client, settings, self.now());
        let end = loop {
            let now = self.now();
            if let Some(deadline) = self.settings.stop.deadline() {
                stop.request(deadline);
            }
            if let Step::End(end) = driver.step(now) {
                break end;
            }
            match self.watch(&mut monitor, &driver, now) {
                Some(Replace::Broken(reason)) => break End::Recreate(reason),
                Some(Replace::Outdated) => stop.request(now + self.settings.drain_deadline),
                None => {}
            }
        };
        if let End::Recreate(_) = end {
            driver.abandon(self.now());
        }
        drop(monitor);
        let (client, lease) = driver.into_client();
        let free = wait_until_free(&lease, Duration::from_secs(1));
        client.close(!matches!(end, End::Fatal(..)), free);
        end
    }

    /// Waits until the topics are subscribed. Returns `Some` if the client ended before that.
    fn subscribe(&self, client: &mut C::Client, monitor: &mut C::Monitor) -> Option<End> {
        while !self.settings.stop.is_requested() {
            match monitor.subscribe(client) {
                Ok(Subscription::Done) => return None,
                Ok(Subscription::After(time)) => {
                    if let Some(end) = self.serve_for(client, monitor, time) {
                        return Some(end);
                    }
                }
                Err(reason) => return Some(End::Fatal(reason, Ended::default())),
            }
        }
        Some(End::Stopped(Ended::default()))
    }

    fn serve_for(&self, client: &mut C::Client, monitor: &mut C::Monitor, time: Duration) -> Option<End> {
        let until = self.now() + time;
        while self.now() < until && !self.settings.stop.is_requested() {
            for event in client.serve(WAIT) {
                match event {
                    ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, Ended::default())),
                    ClientEvent::Ended(reason) => return Some(End::Recreate(reason)),
                    ClientEvent::GroupRefused(refusal) => return Some(End::GroupRefused(refusal)),
                    // There is no subscription yet.
                    _ => {}
                }
            }
            let now = self.now();
            if monitor.is_due(now) {
                _ = monitor.check(client, &Progress::default(), now);
                let shared = &self.settings.shared;
                shared.health.tick(shared.fatal.reason(), now);
            }
        }
        None
    }

    /// Does one check. Returns whether the client should be replaced.
    fn watch(&mut self, monitor: &mut C::Monitor, driver: &Driver<C::Client>, now: Instant) -> Option<Replace> {
        if !monitor.is_due(now) {
            return None;
        }
        let progress = driver.progress(now);
        let reason = monitor.check(driver.client(), &progress, now);
        if progress.is_stopping {
            return None;
        }
        let is_waiting = monitor.has_waiting() || driver.has_unfinished();
        reason.or_else(|| self.stall.look(&progress, is_waiting, now).map(Replace::Broken))
    }
}

/// Waits briefly until the dispatcher has released the last batch.
fn wait_until_free(lease: &Arc<()>, patience: Duration) -> bool {
    const STEP: Duration = Duration::from_millis(1);
    let until = Instant::now() + patience;
    while Arc::strong_count(lease) > 1 && Instant::now() < until {
        thread::sleep(STEP);
    }
    let free = Arc::strong_count(lease) == 1;
    if !free {
        tracing::warn!("records still in use; leaking the Kafka consumer instead of freeing it");
    }
    free
}
