//! Checks before the subscription: the topics must exist, and so must the permissions to use them.

use std::time::{Duration, Instant};

use rdkafka::{consumer::Consumer, error::KafkaError};

use super::{ConsumerSettings, Thread, WAIT};
use crate::{
    consume::{Client as _, ClientEvent, End, Ended},
    health::{Operation, Reason, Resource},
    transport::kafka::{
        client::KafkaClient,
        client_config,
        probe::{Look, Probe},
        topics::{self, Found, NeededTopic},
    },
};

/// How often missing topics are checked for.
const TOPIC_CHECK_EVERY: Duration = Duration::from_secs(1);
/// The delay of the check after topics were created.
const CREATED_TOPIC_CHECK: Duration = Duration::from_millis(100);

impl Thread {
    /// Waits until every topic exists and may be used, logs it, and subscribes. Returns `Some` if the client ended
    /// before that.
    pub(super) fn wait_for_topics(&self, client: &mut KafkaClient, probe: &mut Probe) -> Option<End> {
        let Self { settings, stop, .. } = self;
        while !stop.is_requested() {
            let found = topics::find(&client.consumer, &settings.producer, &settings.needed);
            let again_in = match self.found(client, probe, found) {
                None if !self.is_denied(client) => return self.subscribe(client),
                None => TOPIC_CHECK_EVERY,
                Some(again_in) => again_in,
            };
            if let Some(end) = self.serve_for(client, probe, again_in) {
                return Some(end);
            }
        }
        Some(End::Stopped(Ended::default()))
    }

    /// Whether a permission is missing without which subscribing is pointless.
    fn is_denied(&self, client: &KafkaClient) -> bool {
        let health = &self.settings.health;
        let group = |reason: &Reason| matches!(reason, Reason::NotAuthorized { resource: Resource::Group(_), .. });
        // Checked only if the group has rejected the previous client.
        if health.has(group) && !self.settings.topics.first().is_some_and(|topic| client.is_group_denied(topic)) {
            health.clear_all(Instant::now(), group);
        }
        health.has(|reason| match reason {
            Reason::NotAuthorized { resource: Resource::Topic(_), operation } => *operation != Operation::Write,
            reason => group(reason),
        })
    }

    /// Reports to health what the brokers say about the topics. Returns when to ask again, or `None` if everything is
    /// fine.
    fn found(&self, client: &KafkaClient, probe: &Probe, found: Result<Found<'_>, KafkaError>) -> Option<Duration> {
        let Self { settings: ConsumerSettings { health, config, .. }, .. } = self;
        let now = Instant::now();
        let unreachable = Reason::BrokersUnreachable { servers: self.settings.bootstrap.clone() };
        if found.is_ok() {
            health.clear(&unreachable, now);
        }
        match found {
            Ok(Found::All) => {
                health.clear_all(now, |reason| matches!(reason, Reason::TopicMissing { .. }));
                return None;
            }
            Ok(Found::Missing(missing)) if config.create_topics => {
                self.create_topics(&missing);
                return Some(CREATED_TOPIC_CHECK);
            }
            Ok(Found::Missing(missing)) => {
                let is_found = |topic: &String| missing.iter().all(|missing| missing.name != *topic);
                health.clear_all(now, |reason| matches!(reason, Reason::TopicMissing { topic } if is_found(topic)));
                for topic in missing {
                    let reason = Reason::TopicMissing { topic: topic.name.clone() };
                    health.raise(reason, format!("required for {}", topic.purpose), now);
                }
            }
            Ok(Found::Denied(topic)) => {
                let resource = Resource::Topic(topic.name.clone());
                let reason = Reason::NotAuthorized { resource, operation: Operation::Describe };
                health.raise(reason, format!("required for {}", topic.purpose), now);
            }
            // One client may look for its broker at an outdated address while the other gets answers.
            Err(_) if probe.describes_topics(now) => {
                let is_missing = health.has(|reason| matches!(reason, Reason::TopicMissing { .. }));
                return is_missing.then_some(TOPIC_CHECK_EVERY);
            }
            Err(error) => {
                // The producer reports it at once, the consumer when it is polled.
                let trouble = client.trouble().or_else(|| self.settings.producer.trouble());
                let cause = trouble.unwrap_or_else(|| error.to_string());
                health.raise(unreachable, cause, now);
            }
        }
        Some(TOPIC_CHECK_EVERY)
    }

    fn create_topics(&self, missing: &[&NeededTopic]) {
        let client = client_config::producer(&self.settings.config, &self.settings.bootstrap);
        if let Err(problem) = self.settings.runtime.block_on(topics::create(&client, missing)) {
            for topic in missing {
                let reason = Reason::TopicMissing { topic: topic.name.clone() };
                self.settings.health.raise(reason, problem.clone(), Instant::now());
            }
        }
    }

    fn subscribe(&self, client: &KafkaClient) -> Option<End> {
        let topics: Vec<&str> = self.settings.topics.iter().map(String::as_str).collect();
        if let Err(error) = client.consumer.subscribe(&topics) {
            let reason = format!("cannot subscribe to {}: {error}", topics.join(", "));
            return Some(End::Fatal(reason, Ended::default()));
        }
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.effective_group_id(), "subscribed");
        None
    }

    fn serve_for(&self, client: &mut KafkaClient, probe: &mut Probe, time: Duration) -> Option<End> {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.is_requested() {
            for event in client.serve(WAIT) {
                match event {
                    ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, Ended::default())),
                    ClientEvent::Ended(reason) => return Some(End::Recreate(reason)),
                    ClientEvent::ProtocolRefused => return Some(End::ProtocolRefused),
                    // There is no subscription yet.
                    _ => {}
                }
            }
            let now = Instant::now();
            if probe.is_due(now) {
                // Without a subscription, the client cannot be at fault.
                _ = probe.look(&Look::default(), client.trouble(), now);
                self.settings.health.tick(self.settings.core.fatal.reason(), now);
            }
        }
        None
    }
}
