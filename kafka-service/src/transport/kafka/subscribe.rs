//! Checks before the subscription: the topics must exist, and so must the permissions to use them.

use std::time::{Duration, Instant};

use rdkafka::{consumer::Consumer, error::KafkaError};

use super::{
    client::KafkaClient,
    client_config,
    monitor::KafkaMonitor,
    topics::{self, Found},
};
use crate::{
    health::{Operation, Reason, Resource},
    transport::{NeededTopic, Producer as _, Subscription},
};

/// How often missing topics are checked for.
const TOPIC_CHECK_EVERY: Duration = Duration::from_secs(1);
/// The delay of the check after topics were created.
const CREATED_TOPIC_CHECK: Duration = Duration::from_millis(100);

impl KafkaMonitor {
    /// Subscribes, if every topic exists and may be used.
    pub(super) fn next_step(&self, client: &KafkaClient) -> Result<Subscription, String> {
        let found = topics::find(&client.consumer, &self.settings.producer, &self.settings.needed);
        // The brokers may have taken a while to answer.
        let now = Instant::now();
        match self.found(client, found, now) {
            None if !self.is_denied(client, now) => self.subscribe_to_all(client).map(|()| Subscription::Done),
            None => Ok(Subscription::After(TOPIC_CHECK_EVERY)),
            Some(again_in) => Ok(Subscription::After(again_in)),
        }
    }

    /// Whether a permission is missing without which subscribing is pointless.
    fn is_denied(&self, client: &KafkaClient, now: Instant) -> bool {
        let health = &self.settings.health;
        let group = |reason: &Reason| matches!(reason, Reason::NotAuthorized { resource: Resource::Group(_), .. });
        // Checked only if the group has rejected the previous client.
        if health.has(group) && !self.settings.consumed.first().is_some_and(|topic| client.is_group_denied(topic)) {
            health.clear_all(now, group);
        }
        health.has(|reason| match reason {
            Reason::NotAuthorized { resource: Resource::Topic(_), operation } => *operation != Operation::Write,
            reason => group(reason),
        })
    }

    /// Reports to health what the brokers say about the topics. Returns when to ask again, or `None` if everything is
    /// fine.
    fn found(&self, client: &KafkaClient, found: Result<Found<'_>, KafkaError>, now: Instant) -> Option<Duration> {
        let health = &self.settings.health;
        let unreachable = Reason::BrokersUnreachable { servers: self.settings.servers.clone() };
        if found.is_ok() {
            health.clear(&unreachable, now);
        }
        match found {
            Ok(Found::All) => {
                health.clear_all(now, |reason| matches!(reason, Reason::TopicMissing { .. }));
                return None;
            }
            Ok(Found::Missing(missing)) if self.settings.config.create_topics => {
                self.create_topics(&missing, now);
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
            Err(_) if self.probe.describes_topics(now) => {
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

    fn create_topics(&self, missing: &[&NeededTopic], now: Instant) {
        let client = client_config::producer(&self.settings.config, &self.settings.servers);
        let names: Vec<_> = missing.iter().map(|topic| topic.name.as_str()).collect();
        if let Err(problem) = self.settings.runtime.block_on(topics::create(&client, &names)) {
            for topic in missing {
                let reason = Reason::TopicMissing { topic: topic.name.clone() };
                self.settings.health.raise(reason, problem.clone(), now);
            }
        }
    }

    fn subscribe_to_all(&self, client: &KafkaClient) -> Result<(), String> {
        let topics: Vec<&str> = self.settings.consumed.iter().map(String::as_str).collect();
        let subscribed = client.consumer.subscribe(&topics);
        subscribed.map_err(|error| format!("cannot subscribe to {}: {error}", topics.join(", ")))?;
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.effective_group_id(), "subscribed");
        Ok(())
    }
}
