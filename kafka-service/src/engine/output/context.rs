//! What all parts of the output use.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    acks::Acks,
    config::{Config, DeadLetterHeaders, MessageIdLocation},
    engine::Shared,
    health::Reason,
    registry::Routes,
    transport::{Producer, ReadBack, TopicId, Undelivered},
};

/// What all parts of the output use.
pub(crate) struct OutputContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: OutputSettings,
    pub(crate) routes: Arc<Routes>,
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) read_back: Box<dyn ReadBack>,
}

/// The settings of the output.
#[derive(Clone, Debug)]
pub(crate) struct OutputSettings {
    pub(crate) source: String,
    pub(crate) message_id: MessageIdLocation,
    pub(crate) events_topic: TopicId,
    /// The dead-letter topic of each consumed topic.
    pub(crate) dead_letter_topics: HashMap<String, TopicId>,
    pub(crate) dead_letter_headers: DeadLetterHeaders,
    /// The share of commands, in percent, above which the service stops instead of dead-lettering more.
    pub(crate) dead_letter_limit: Option<u8>,
}

impl OutputSettings {
    /// Takes the settings from the configuration, for topics with known ids.
    pub(crate) fn new(config: &Config, events_topic: TopicId, dead_letter_topics: HashMap<String, TopicId>) -> Self {
        Self {
            source: config.service_name.clone(),
            message_id: config.message_id,
            events_topic,
            dead_letter_topics,
            dead_letter_headers: config.dead_letter_headers,
            dead_letter_limit: config.dead_letter_limit,
        }
    }
}

impl OutputContext {
    pub(super) fn acks(&self) -> &Acks {
        &self.shared.acks
    }

    pub(super) fn is_dead_letter_topic(&self, topic: TopicId) -> bool {
        self.settings.dead_letter_topics.values().any(|known| *known == topic)
    }

    /// Reports why a topic does not accept records.
    pub(super) fn raise(&self, undelivered: &Undelivered) {
        // A record that was not even sent says nothing about the topic.
        if !undelivered.code.is_empty() {
            let topic = self.producer.topic_name(undelivered.record.topic);
            let reason = Reason::DeliveryFailing { topic };
            self.shared.health.raise(reason, &*undelivered.error, self.shared.clock.instant());
        }
    }
}

impl fmt::Debug for OutputContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutputContext").field("settings", &self.settings).finish_non_exhaustive()
    }
}
