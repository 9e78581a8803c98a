//! Decides when a client that makes no progress is replaced by a new one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::ClientConfig;

use super::{
    client::KafkaClient,
    client_config::{self, Protocol},
    consumer::ConsumerSettings,
    fresh::{FreshCheck, Suspicion},
    probe::{Look, Probe},
};
use crate::{
    consume::Driver,
    dispatch::{Core, Counters},
    health::{HealthState, Progress, Reason, StallWatch, Verdict, Work},
};

/// The minimum age of a client before it may be replaced.
const SETTLE: Duration = Duration::from_secs(20);
/// How long a client may remain without an answer after a new one got it: it may be about to get it too.
const BENEFIT: Duration = Duration::from_secs(4);
/// The pause before a new client if the previous one ended soon; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is kept from one client to the next.
pub(super) struct Supervisor {
    health: Arc<HealthState>,
    core: Arc<Core>,
    check_config: ClientConfig,
    bootstrap: String,
    check: Option<FreshCheck>,
    /// What a new client got an answer to, and when.
    convicted: Option<(Suspicion, Instant)>,
    stall: StallWatch,
    /// When the client was created.
    began: Instant,
    pause: Duration,
}

impl Supervisor {
    pub(super) fn new(settings: &ConsumerSettings, now: Instant) -> Self {
        let timeouts = settings.core.routes.handlers().filter_map(|handler| handler.timeout);
        let longest = timeouts.chain([settings.config.handler_timeout]).max().unwrap_or_default();
        let limit = settings.config.stall_timeout.map(|limit| limit.max(longest));
        Self {
            health: Arc::clone(&settings.health),
            core: Arc::clone(&settings.core),
            // It joins no group, so the protocol does not matter; every broker supports this one.
            check_config: client_config::consumer(&settings.config, &settings.bootstrap, Protocol::Classic),
            bootstrap: settings.bootstrap.clone(),
            check: None,
            convicted: None,
            stall: StallWatch::new(limit, now),
            began: now,
            pause: Duration::ZERO,
        }
    }

    /// When the next client may be created.
    pub(super) fn next_client(&mut self, now: Instant) -> Instant {
        (self.check, self.convicted) = (None, None);
        let ended_soon = now.duration_since(self.began) < SETTLE;
        self.pause = if ended_soon { (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE) } else { Duration::ZERO };
        self.began = now + self.pause;
        self.began
    }

    /// Does one check. Returns why the client should be replaced, if it should.
    pub(super) fn watch(&mut self, probe: &mut Probe, driver: &Driver<KafkaClient>, now: Instant) -> Option<String> {
        if !probe.is_due(now) {
            return None;
        }
        let look = look(driver, now);
        let suspicion = probe.look(&look, driver.client().trouble(), now);
        if driver.is_stopping() {
            return None;
        }
        let was_convicted = self.convicted.is_some();
        let reason = self.suspect(probe, suspicion, now);
        if self.convicted.is_some() && !was_convicted {
            // It may have lost all its brokers, and have time to find them before it is replaced.
            driver.client().bootstrap_again(&self.bootstrap);
        }
        reason.or_else(|| self.stalled(probe, driver, &look, now))
    }

    /// Replaces a client that has had no answer for long, if a new one gets it and the old one still does not.
    fn suspect(&mut self, probe: &mut Probe, suspicion: Option<Suspicion>, now: Instant) -> Option<String> {
        if let Some(answered) = self.check.as_ref().and_then(FreshCheck::answered)
            && let Some(FreshCheck { suspicion, .. }) = self.check.take()
        {
            if answered {
                self.convicted = Some((suspicion, now));
            } else {
                probe.dismiss(&suspicion);
            }
        }
        let Some(suspicion) = suspicion else {
            self.convicted = None;
            return None;
        };
        if let Some((convicted, since)) = &self.convicted {
            return (now.duration_since(*since) >= BENEFIT)
                .then(|| format!("{convicted}, but a new client gets a response"));
        }
        let is_settled = now.saturating_duration_since(self.began) >= SETTLE;
        if is_settled && self.check.is_none() {
            self.check = Some(FreshCheck::begin(self.check_config.clone(), suspicion));
        }
        None
    }

    fn stalled(
        &mut self,
        probe: &Probe,
        driver: &Driver<KafkaClient>,
        look: &Look<'_>,
        now: Instant,
    ) -> Option<String> {
        let counters = &self.core.counters;
        let handled = [&counters.finished, &counters.dead_lettered, &counters.skipped, &counters.retries];
        let progress = Progress {
            received: Counters::get(&counters.received),
            handled: handled.into_iter().map(Counters::get).sum(),
            committed: look.committed,
        };
        let is_waiting = !look.views.is_empty() && (probe.has_waiting() || driver.has_unfinished());
        let is_excused = Counters::get(&counters.waiting_for_retry) > 0 || self.health.has(Reason::is_outside);
        match self.stall.look(progress, Work { is_waiting, is_excused }, now) {
            Verdict::Fine => {
                if self.health.is_stalled() {
                    self.health.set_stalled(false);
                    self.health.clear(&Reason::Stalled, now);
                }
                None
            }
            Verdict::Recreate => {
                Some("no record received, handled or committed although records are waiting".to_owned())
            }
            Verdict::Stalled => {
                self.health.set_stalled(true);
                self.health.raise(Reason::Stalled, "replacing the Kafka consumer did not help", now);
                None
            }
        }
    }
}

fn look(driver: &Driver<KafkaClient>, now: Instant) -> Look<'_> {
    Look {
        views: driver.view().collect(),
        is_subscribed: true,
        is_busy: driver.is_rebalancing() || driver.is_backlogged(),
        committed: driver.committed_records(),
        unconfirmed_for: driver.unconfirmed_for(now),
    }
}
