//! What all publishers of a service share.

use std::{sync::Arc, time::Duration};

use tokio::runtime::Handle as Runtime;

use super::{Backlog, PublishError};
use crate::{
    acks::Acks,
    clock::{Clock, SystemClock},
    config::{Config, MessageIdLocation},
    transport::{Keeps, Producer, TopicId},
};

/// What all clones share.
pub(crate) struct PublisherShared {
    /// `None` if Kafka is disabled.
    pub(crate) producer: Option<Arc<dyn Producer>>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events_topic: TopicId,
    pub(crate) commands_topic: TopicId,
    pub(crate) group: String,
    pub(crate) source: String,
    pub(crate) message_id: MessageIdLocation,
    /// The timeout of publications outside handlers.
    pub(crate) publish_timeout: Duration,
    pub(crate) backlog: Backlog,
    /// Held as long as the producer: the embedded broker of a publisher without a service.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) keeps: Keeps,
}

impl PublisherShared {
    pub(super) fn producer(&self, kind: &str) -> Result<&dyn Producer, PublishError> {
        self.producer.as_deref().ok_or_else(|| {
            tracing::warn!(message_type = kind, "Kafka is disabled; message not sent");
            PublishError::Disabled { event_type: kind.to_owned() }
        })
    }

    /// Takes the settings from the configuration, for topics with known ids.
    pub(crate) fn new(
        config: &Config,
        producer: Arc<dyn Producer>,
        acks: Arc<Acks>,
        clock: Arc<dyn Clock>,
        events_topic: TopicId,
        commands_topic: TopicId,
    ) -> Self {
        Self {
            producer: Some(producer),
            acks,
            clock,
            events_topic,
            commands_topic,
            group: config.effective_group_id().into_owned(),
            source: config.service_name.clone(),
            message_id: config.message_id,
            publish_timeout: config.publish_timeout,
            backlog: Backlog::new(Runtime::try_current().ok()),
            keeps: None,
        }
    }

    /// For a service without a broker: every publication fails with the reason.
    pub(crate) fn disabled(group: &str, source: &str, message_id: MessageIdLocation) -> Self {
        let (acks, _) = Acks::new();
        Self {
            producer: None,
            acks: Arc::new(acks),
            clock: Arc::new(SystemClock),
            events_topic: TopicId(0),
            commands_topic: TopicId(0),
            group: group.to_owned(),
            source: source.to_owned(),
            message_id,
            publish_timeout: Duration::ZERO,
            backlog: Backlog::default(),
            keeps: None,
        }
    }
}
