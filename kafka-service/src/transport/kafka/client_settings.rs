//! What the consuming clients of a service have in common.

use std::{sync::Arc, time::Instant};

use tokio::runtime::Handle as Runtime;

use super::{
    diagnosis::{Diagnosis, Finding},
    failure::Failure,
    live_config::LiveConfig,
    producer::KafkaProducer,
    tokens::ClientTokens,
};
use crate::{
    config::{Config, Redaction},
    health::{HealthState, Reason},
    transport::NeededTopic,
};

/// What all consuming clients of a service share.
pub(super) struct ClientSettings {
    pub(super) config: Config,
    /// The same, with the secrets as their files say now: what a client is created with.
    pub(super) live: Arc<LiveConfig>,
    /// Removes secrets from what the clients say.
    pub(super) redaction: Redaction,
    /// Explains failed connections.
    pub(super) diagnosis: Diagnosis,
    pub(super) servers: String,
    /// The topics to consume.
    pub(super) consumed: Vec<String>,
    /// The topics that must exist before consumption starts.
    pub(super) needed: Vec<NeededTopic>,
    /// Whether the producing client has the same permissions as the consuming one.
    pub(super) has_one_identity: bool,
    pub(super) producer: Arc<KafkaProducer>,
    pub(super) tokens: ClientTokens,
    pub(super) health: Arc<HealthState>,
    pub(super) runtime: Runtime,
}

impl ClientSettings {
    /// Reports that no broker accepts the connection, and why. `None` is a failure that is not known. Returns false while
    /// the reason is being found out.
    pub(super) fn unreachable(
        &self,
        failure: Option<&Failure>,
        otherwise: impl FnOnce() -> String,
        now: Instant,
    ) -> bool {
        let finding = match failure {
            Some(failure) => self.diagnosis.explain(failure, now),
            None => Some(Finding::Unreachable(otherwise())),
        };
        let Some(finding) = finding else { return false };
        let (reason, cause) = finding.into_reason(&self.servers);
        self.health.clear_all(now, |other| other.is_connection() && *other != reason);
        self.health.raise(reason, self.redaction.apply(&cause), now);
        true
    }

    /// Reports that a broker has answered.
    pub(super) fn reached(&self, now: Instant) {
        if self.health.has(Reason::is_connection) {
            self.diagnosis.forget();
            self.health.clear_all(now, Reason::is_connection);
        }
    }
}
