//! How a service reaches its brokers: one transport gives it a producer, and one consuming client after another.

use std::{
    any::Any,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Client, DeliveryReports, GroupRefusal, PartitionView, Producer, ReadBack};
use crate::{config::Config, health::HealthState, oauth::Tokens};

/// A kind of broker.
pub(crate) trait Transport: Send + 'static {
    type Connector: Connector;

    /// Connects in the background: an unreachable broker is not an error.
    fn connect(self, demand: Demand) -> Result<Connection<Self::Connector>, ConnectError>;
}

/// What a service needs of its brokers.
pub(crate) struct Demand {
    pub(crate) config: Config,
    /// The topics to consume.
    pub(crate) consumed: Vec<String>,
    /// The topics that are written to, by their [`TopicId`](super::TopicId).
    pub(crate) written: Vec<String>,
    /// The topics that must exist before consumption starts.
    pub(crate) needed: Vec<NeededTopic>,
    pub(crate) reports: Arc<dyn DeliveryReports>,
    pub(crate) health: Arc<HealthState>,
    /// The tokens with which the clients authenticate, if the program provides them.
    pub(crate) tokens: Option<Arc<Tokens>>,
}

/// A topic and its purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NeededTopic {
    pub(crate) name: String,
    pub(crate) purpose: &'static str,
    /// Whether messages are consumed from it.
    pub(crate) is_read: bool,
    /// Whether events or dead letters are sent to it, so the producer asks for it; the consumer asks for all others.
    pub(crate) is_written: bool,
}

/// What has to live as long as the clients.
pub(crate) type Keeps = Option<Box<dyn Any + Send + Sync>>;

/// A transport that is in use.
pub(crate) struct Connection<C> {
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) read_back: Box<dyn ReadBack>,
    pub(crate) connector: C,
    /// Where other clients reach the brokers.
    pub(crate) servers: String,
    /// Dropped last: an embedded broker, with which the clients still talk while they close.
    pub(crate) keeps: Keeps,
}

/// Why a transport cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action}")]
pub(crate) struct ConnectError {
    pub(crate) action: &'static str,
    pub(crate) source: Box<dyn Error + Send + Sync>,
}

/// Creates consuming clients, one after another.
pub(crate) trait Connector: Send + 'static {
    type Client: Client;
    type Monitor: Monitor<Client = Self::Client>;

    /// Creates the next client and its monitor.
    fn create(&mut self, now: Instant) -> Result<(Self::Client, Self::Monitor), String>;

    /// Called if the broker does not support what the last client requested. Returns an error if nothing else may be
    /// tried.
    fn fall_back(&mut self, refusal: GroupRefusal) -> Result<(), String>;
}

/// What the driver reports for one check of its client.
#[derive(Default)]
pub(crate) struct Progress<'a> {
    pub(crate) partitions: Vec<PartitionView<'a>>,
    /// Whether the topics are subscribed, so that the group should assign partitions.
    pub(crate) is_subscribed: bool,
    /// Whether the client's records wait for the dispatcher, or its partitions are being revoked: nothing is expected
    /// to arrive.
    pub(crate) is_busy: bool,
    /// Whether no new records are received any more.
    pub(crate) is_stopping: bool,
    /// The number of committed records, over all partitions.
    pub(crate) committed: u64,
    pub(crate) commit_unacknowledged_for: Duration,
}

/// Monitors one consuming client, and reports to health what its brokers say.
pub(crate) trait Monitor {
    type Client: Client;

    /// Takes the next step towards a subscription. Returns an error if there can be none.
    fn subscribe(&mut self, client: &mut Self::Client) -> Result<Subscription, String>;

    /// Whether the next check is due.
    fn is_due(&self, now: Instant) -> bool;

    /// Does one check. Returns whether the client should be replaced.
    fn check(&mut self, client: &Self::Client, progress: &Progress<'_>, now: Instant) -> Option<Replace>;

    /// Whether the brokers have records that were not received.
    fn has_waiting(&self) -> bool;
}

/// Why a client should be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// It gets no answers where a new one does; with what exactly. Its uncommitted records are redelivered.
    Broken(String),
    /// It works, but its certificate or its secret has been replaced: it may finish what it has.
    Outdated,
}

/// The result of a step towards a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    Done,
    /// Not possible yet: the next step is due after this time, during which the client is polled.
    After(Duration),
}
