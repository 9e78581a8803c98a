//! Monitors one consuming client, and decides when it has to be replaced by a new one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    client::KafkaClient,
    client_config,
    client_settings::ClientSettings,
    fresh::{FreshCheck, Suspicion},
    group::{Group, Protocol},
    probe::{BrokerProbe, Trouble},
};
use crate::transport::{Monitor, Progress, Replace, Subscription};

/// The minimum age of a client before it may be replaced.
const SETTLE: Duration = Duration::from_secs(20);
/// How long a client may remain without an answer after a new one got it: it may be about to get it too.
const BENEFIT: Duration = Duration::from_secs(4);

/// Monitors one client.
pub(crate) struct KafkaMonitor {
    pub(super) settings: Arc<ClientSettings>,
    pub(super) probe: BrokerProbe,
    /// The version of the configuration that the client was created with.
    version: u64,
    /// When the client was created.
    began: Instant,
    check: Option<FreshCheck>,
    /// What a new client got an answer to, and when.
    convicted: Option<(Suspicion, Instant)>,
}

impl KafkaMonitor {
    pub(super) fn new(
        client: &KafkaClient,
        settings: Arc<ClientSettings>,
        protocol: Protocol,
        version: u64,
        now: Instant,
    ) -> Option<Self> {
        let probe = BrokerProbe::new(client, Arc::clone(&settings), protocol, now)?;
        Some(Self { settings, probe, version, began: now, check: None, convicted: None })
    }

    /// Replaces a client that has had no answer for long, if a new one gets it and the old one still does not.
    fn suspect(&mut self, suspicion: Option<Suspicion>, now: Instant) -> Option<String> {
        if let Some(answered) = self.check.as_ref().and_then(FreshCheck::answered)
            && let Some(FreshCheck { suspicion, .. }) = self.check.take()
        {
            if answered {
                self.convicted = Some((suspicion, now));
            } else {
                self.probe.dismiss(&suspicion);
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
            let config = client_config::consumer(&self.settings.live.get(), &self.settings.servers, Group::none());
            let (tokens, redaction) = (self.settings.tokens.clone(), self.settings.redaction.clone());
            self.check = Some(FreshCheck::begin(config, tokens, redaction, suspicion));
        }
        None
    }
}

impl Monitor for KafkaMonitor {
    type Client = KafkaClient;

    fn subscribe(&mut self, client: &mut KafkaClient) -> Result<Subscription, String> {
        self.next_step(client)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.probe.is_due(now)
    }

    fn check(&mut self, client: &KafkaClient, progress: &Progress<'_>, now: Instant) -> Option<Replace> {
        let suspicion =
            self.probe.look(progress, Trouble { connection: client.failure(), group: client.refusal() }, now);
        // Without a subscription, the client cannot be at fault.
        if progress.is_stopping || !progress.is_subscribed {
            return None;
        }
        let was_convicted = self.convicted.is_some();
        let reason = self.suspect(suspicion, now);
        if self.convicted.is_some() && !was_convicted {
            // It may have lost all its brokers, and have time to find them before it is replaced.
            client.bootstrap_again(&self.settings.servers);
        }
        let is_outdated = || self.settings.live.version() != self.version;
        reason.map(Replace::Broken).or_else(|| is_outdated().then_some(Replace::Outdated))
    }

    fn has_waiting(&self) -> bool {
        self.probe.has_waiting()
    }
}
