//! What the dispatcher and its parked jobs share.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::Costs;
use crate::{
    clock::Clock,
    config::{Config, DeadLetterHeaders, MessageIdLocation, OrderBy, RetryPolicy, UnknownCommands},
    handler::{Classifiers, States},
    health::HealthState,
    publish::{Acks, Publisher},
    registry::Routes,
    transport::{Producer, ReadBack, TopicId},
};

/// The settings that the dispatcher uses.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) group: String,
    pub(crate) source: String,
    pub(crate) message_id: MessageIdLocation,
    pub(crate) ordering: OrderBy,
    pub(crate) max_in_flight: usize,
    pub(crate) handler_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) unknown_commands: UnknownCommands,
    pub(crate) events_topic: TopicId,
    /// The dead-letter topic of each consumed topic.
    pub(crate) dead_letter_topics: HashMap<String, TopicId>,
    pub(crate) dead_letter_headers: DeadLetterHeaders,
    /// The share of commands, in percent, above which the service stops instead of dead-lettering more.
    pub(crate) dead_letter_limit: Option<u8>,
}

impl Settings {
    /// Takes the settings from the configuration, for topics with known ids.
    pub(crate) fn new(config: &Config, events_topic: TopicId, dead_letter_topics: HashMap<String, TopicId>) -> Self {
        Self {
            group: config.effective_group_id().into_owned(),
            source: config.service_name.clone(),
            message_id: config.message_id,
            ordering: config.ordering,
            max_in_flight: config.max_in_flight,
            handler_timeout: config.handler_timeout,
            retry: config.retry,
            unknown_commands: config.unknown_commands,
            events_topic,
            dead_letter_topics,
            dead_letter_headers: config.dead_letter_headers,
            dead_letter_limit: config.dead_letter_limit,
        }
    }
}

impl Settings {
    pub(crate) fn is_dead_letter_topic(&self, topic: TopicId) -> bool {
        self.dead_letter_topics.values().any(|known| *known == topic)
    }
}

/// Everything that is the same for all commands.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) states: States,
    pub(crate) classifiers: Classifiers,
    pub(crate) publisher: Publisher,
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) counters: Counters,
    pub(crate) health: Arc<HealthState>,
    pub(crate) costs: Costs,
    pub(crate) fatal: Fatal,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) read_back: Box<dyn ReadBack>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Core").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Counts since startup. Every record is counted in exactly one of `finished`, `dead_lettered`, `skipped`, or, if its
/// partition was revoked first, `abandoned`. The exception is a record whose event the broker rejected for good after
/// it was finished: it is also in `dead_lettered`.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) dead_lettered: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) events: AtomicU64,
    /// Optional envelope fields with an unexpected value, which count as absent.
    pub(crate) ignored_fields: AtomicU64,
    /// Handlers that are running or waiting for their next attempt.
    pub(crate) in_flight: AtomicU64,
    /// Commands that wait for their next attempt.
    pub(crate) waiting_for_retry: AtomicU64,
    /// Records that the broker does not accept at the moment; they are sent again until it does.
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    /// Adds without an atomic read-modify-write: only the dispatcher writes these counters.
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// The error that ends the service, if there is one. The first one counts.
#[derive(Debug, Default)]
pub(crate) struct Fatal {
    reason: OnceLock<String>,
    happened: Notify,
}

impl Fatal {
    pub(crate) fn report(&self, reason: String) {
        if self.reason.set(reason).is_ok() {
            // `notify_one` stores a permit for the one task that waits, even if it does not wait yet.
            self.happened.notify_one();
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    pub(crate) async fn wait(&self) -> &str {
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            self.happened.notified().await;
        }
    }
}
