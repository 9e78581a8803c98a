//! What the consuming clients of a service have in common.

use std::sync::Arc;

use tokio::runtime::Handle as Runtime;

use super::{live_config::LiveConfig, producer::KafkaProducer};
use crate::{config::Config, health::HealthState, transport::NeededTopic};

/// What all consuming clients of a service share.
pub(super) struct ClientSettings {
    pub(super) config: Config,
    /// The same, with the secrets as their files say now: what a client is created with.
    pub(super) live: Arc<LiveConfig>,
    pub(super) servers: String,
    /// The topics to consume.
    pub(super) consumed: Vec<String>,
    /// The topics that must exist before consumption starts.
    pub(super) needed: Vec<NeededTopic>,
    pub(super) producer: Arc<KafkaProducer>,
    pub(super) health: Arc<HealthState>,
    pub(super) runtime: Runtime,
}
