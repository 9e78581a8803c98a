//! Setters that can be chained, one for each public field of [`Config`].

use std::time::Duration;

use super::{
    Brokers, Config, DeadLetterHeaders, GroupProtocol, MessageIdLocation, OrderBy, RetryPolicy, UnknownCommands,
};

impl Config {
    /// Sets the brokers: [`Brokers`], or a string as in `KAFKA_BOOTSTRAP_SERVERS`.
    #[must_use]
    pub fn bootstrap_servers(mut self, brokers: impl Into<Brokers>) -> Self {
        self.bootstrap_servers = brokers.into();
        self
    }

    /// Sets the name of the service.
    #[must_use]
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = name.into();
        self
    }

    /// Sets the topics to consume commands from. Commands without a topic of their own are sent to the first.
    #[must_use]
    pub fn commands_topics(mut self, topics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.commands_topics = topics.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the topic that events are published to.
    #[must_use]
    pub fn events_topic(mut self, topic: impl Into<String>) -> Self {
        self.events_topic = topic.into();
        self
    }

    /// Sets the topics to consume events from.
    #[must_use]
    pub fn subscribed_events_topics(mut self, topics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.subscribed_events_topics = Some(topics.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the consumer group.
    #[must_use]
    pub fn group_id(mut self, group: impl Into<String>) -> Self {
        self.group_id = Some(group.into());
        self
    }

    /// Sets the rebalance protocol of the consumer group.
    #[must_use]
    pub fn group_protocol(mut self, protocol: GroupProtocol) -> Self {
        self.group_protocol = protocol;
        self
    }

    /// Sets which records are handled one after another.
    #[must_use]
    pub fn ordering(mut self, order_by: OrderBy) -> Self {
        self.ordering = order_by;
        self
    }

    /// Sets the maximum number of handlers in flight, across all partitions.
    #[must_use]
    pub fn max_in_flight(mut self, handlers: usize) -> Self {
        self.max_in_flight = handlers;
        self
    }

    /// Sets the maximum number of uncommitted records of a partition.
    #[must_use]
    pub fn max_uncommitted(mut self, records: usize) -> Self {
        self.max_uncommitted = records;
        self
    }

    /// Sets how long one attempt of a handler may take.
    #[must_use]
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.handler_timeout = timeout;
        self
    }

    /// Sets the retry policy.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets one dead-letter topic for all consumed topics.
    #[must_use]
    pub fn dead_letter_topic(mut self, topic: impl Into<String>) -> Self {
        self.dead_letter_topic = Some(topic.into());
        self
    }

    /// Sets which headers a dead letter gets.
    #[must_use]
    pub fn dead_letter_headers(mut self, headers: DeadLetterHeaders) -> Self {
        self.dead_letter_headers = headers;
        self
    }

    /// Sets the share of the last 100 commands, in percent, above which the service stops instead of dead-lettering
    /// more; `None`: no limit.
    #[must_use]
    pub fn dead_letter_limit(mut self, percent: impl Into<Option<u8>>) -> Self {
        self.dead_letter_limit = percent.into();
        self
    }

    /// Sets what happens to a command without a handler.
    #[must_use]
    pub fn unknown_commands(mut self, unknown_commands: UnknownCommands) -> Self {
        self.unknown_commands = unknown_commands;
        self
    }

    /// Sets where the id of a published message is written.
    #[must_use]
    pub fn message_id(mut self, location: MessageIdLocation) -> Self {
        self.message_id = location;
        self
    }

    /// Sets how long a publication outside a handler may take.
    #[must_use]
    pub fn publish_timeout(mut self, timeout: Duration) -> Self {
        self.publish_timeout = timeout;
        self
    }

    /// Sets whether missing topics are created at startup.
    #[must_use]
    pub fn create_topics(mut self, create: bool) -> Self {
        self.create_topics = create;
        self
    }

    /// Sets how long a graceful shutdown may take before work in flight is abandoned.
    #[must_use]
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = deadline;
        self
    }

    /// Sets how long the service may make no progress before the Kafka consumer is replaced; `None`: no limit.
    #[must_use]
    pub fn stall_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.stall_timeout = timeout.into();
        self
    }
}
