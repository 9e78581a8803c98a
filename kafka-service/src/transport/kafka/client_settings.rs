//! What the consuming clients of a service have in common.

use std::sync::Arc;

use tokio::runtime::Handle as Runtime;

use super::producer::KafkaProducer;
use crate::{
    config::{Config, Redaction},
    health::HealthState,
    transport::NeededTopic,
};

/// What all consuming clients of a service share.
pub(super) struct ClientSettings {
    pub(super) config: Config,
    /// Removes secrets from what the clients say.
    pub(super) redaction: Redaction,
    pub(super) servers: String,
    /// The topics to consume.
    pub(super) consumed: Vec<String>,
    /// The topics that must exist before consumption starts.
    pub(super) needed: Vec<NeededTopic>,
    /// Whether the producing client has the same permissions as the consuming one.
    pub(super) has_one_identity: bool,
    pub(super) producer: Arc<KafkaProducer>,
    pub(super) health: Arc<HealthState>,
    pub(super) runtime: Runtime,
}
