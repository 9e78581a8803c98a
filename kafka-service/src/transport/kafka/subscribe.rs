//! Checks before the subscription: the topics must exist, and so must the permissions to use them.

use std::time::{Duration, Instant};

use rdkafka::{consumer::Consumer, error::KafkaError};

use super::{
    client::KafkaClient,
    client_config,
    client_settings::ClientSettings,
    monitor::KafkaMonitor,
    topics::{self, Found, NotCreated, TopicCreator},
};
use crate::{
    health::{Operation, Reason, Resource},
    transport::{NeededTopic, Subscription},
};

/// How often missing topics are checked for.
const TOPIC_CHECK_EVERY: Duration = Duration::from_secs(1);
/// The delay of the check while a failed connection is being diagnosed.
const DIAGNOSIS_CHECK: Duration = Duration::from_millis(200);
/// The delay of the check after topics were created.
const CREATED_TOPIC_CHECK: Duration = Duration::from_millis(100);

impl KafkaMonitor {
    /// Subscribes, if every topic exists and may be used.
    pub(super) fn next_step(&mut self, client: &KafkaClient) -> Result<Subscription, String> {
        let found = topics::find(&client.consumer, &self.settings.producer, &self.settings.needed);
        // The brokers may have taken a while to answer.
        let now = Instant::now();
        if found.is_ok() {
            self.probe.answered(now);
        }
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
        if found.is_ok() {
            self.settings.reached(now);
        }
        match found {
            Ok(found) => {
                self.report(&found, now);
                return self.after(&found, now);
            }
            // One client may look for its broker at an outdated address while the other gets answers.
            Err(_) if self.probe.describes_topics(now) => {
                let is_missing = health.has(|reason| matches!(reason, Reason::TopicMissing { .. }));
                return is_missing.then_some(TOPIC_CHECK_EVERY);
            }
            // Without a token, no broker is asked.
            Err(_) if health.has(|reason| *reason == Reason::TokenUnavailable) => {}
            Err(error) => {
                // The producer reports it at once, the consumer when it is polled.
                let failure = client.failure().or_else(|| self.settings.producer.connection_failure());
                if !self.settings.unreachable(failure.as_ref(), || error.to_string(), now) {
                    return Some(DIAGNOSIS_CHECK);
                }
            }
        }
        Some(TOPIC_CHECK_EVERY)
    }

    /// Reports the topics that are missing, unless they are about to be created, and those that may not be described.
    fn report(&self, found: &Found<'_>, now: Instant) {
        let health = &self.settings.health;
        let Found { missing, denied } = found;
        let names = |topics: &[&NeededTopic], name: &String| topics.iter().any(|topic| topic.name == *name);
        health.clear_all(now, |reason| match reason {
            Reason::TopicMissing { topic } => !names(missing, topic),
            Reason::NotAuthorized { resource: Resource::Topic(topic), operation: Operation::Create } => {
                !names(missing, topic)
            }
            Reason::NotAuthorized { resource: Resource::Topic(topic), operation: Operation::Describe } => {
                !names(denied, topic)
            }
            _ => false,
        });
        for topic in missing.iter().filter(|_| !self.settings.config.create_topics) {
            let reason = Reason::TopicMissing { topic: topic.name.clone() };
            health.raise(reason, format!("required for {}", topic.purpose), now);
        }
        for topic in denied {
            let reason = denied_topic(topic, Operation::Describe);
            let also = if topic.is_written { Operation::Write } else { Operation::Read };
            health.raise(reason, format!("required for {}, together with {also}", topic.purpose), now);
        }
    }

    /// What follows from the topics that were found: when to ask again, or `None` if everything is fine.
    fn after(&self, found: &Found<'_>, now: Instant) -> Option<Duration> {
        if found.missing.is_empty() {
            return (!found.denied.is_empty()).then_some(TOPIC_CHECK_EVERY);
        }
        let is_created = self.settings.config.create_topics && self.create_topics(&found.missing, now);
        Some(if is_created { CREATED_TOPIC_CHECK } else { TOPIC_CHECK_EVERY })
    }

    /// Creates topics. Returns whether all of them were created.
    fn create_topics(&self, missing: &[&NeededTopic], now: Instant) -> bool {
        let ClientSettings { live, servers, redaction, tokens, health, runtime, .. } = &*self.settings;
        let config = client_config::producer(&live.get(), servers);
        let creator = TopicCreator { config, tokens: tokens.clone(), redaction: redaction.clone() };
        let names: Vec<_> = missing.iter().map(|topic| topic.name.as_str()).collect();
        let problems = runtime.block_on(creator.create(&names));
        let is_created = problems.is_empty();
        for NotCreated { topic, cause, is_denied } in problems {
            let denied =
                Reason::NotAuthorized { resource: Resource::Topic(topic.clone()), operation: Operation::Create };
            health.raise(if is_denied { denied } else { Reason::TopicMissing { topic } }, cause, now);
        }
        is_created
    }

    fn subscribe_to_all(&self, client: &KafkaClient) -> Result<(), String> {
        let topics: Vec<&str> = self.settings.consumed.iter().map(String::as_str).collect();
        let subscribed = client.consumer.subscribe(&topics);
        subscribed.map_err(|error| format!("cannot subscribe to {}: {error}", topics.join(", ")))?;
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.effective_group_id(), "subscribed");
        Ok(())
    }
}

fn denied_topic(topic: &NeededTopic, operation: Operation) -> Reason {
    Reason::NotAuthorized { resource: Resource::Topic(topic.name.clone()), operation }
}
