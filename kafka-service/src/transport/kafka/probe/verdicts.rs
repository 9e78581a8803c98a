//! Reports to health what is known about brokers, partitions and deliveries.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rdkafka::error::RDKafkaErrorCode;

use super::{ASK_AGAIN, ASK_EVERY, BrokerProbe};
use crate::{
    health::{Operation, Reason, Resource},
    transport::{
        Producer as _, Progress, TopicId,
        kafka::{
            client_settings::ClientSettings,
            deadlines::SILENCE,
            failure::{Failure, FailureKind},
        },
    },
};

/// How often a producer without acknowledgements is told to look for its brokers: each time makes it remember the bootstrap
/// servers once more.
const BOOTSTRAP_EVERY: Duration = Duration::from_secs(60);

/// How often a broker that rejects the client is logged while others answer.
const REJECTION_EVERY: Duration = Duration::from_secs(60);

impl BrokerProbe {
    pub(super) fn judge_brokers(&mut self, failure: Option<&Failure>, now: Instant) {
        if self.settings.health.has(|reason| *reason == Reason::TokenUnavailable) {
            // One reason is enough. When there is a token again, the client has time to connect.
            self.mute = Some(now);
        }
        let silent = now.duration_since(self.mute.unwrap_or(self.heard).max(self.heard));
        if silent >= SILENCE {
            // What failed before the last answer is not the reason.
            let failure = failure.filter(|failure| failure.when + ASK_EVERY / 2 >= self.heard);
            self.settings.unreachable(failure, || format!("no response for {} s", silent.as_secs()), now);
        } else if self.heard == now {
            self.settings.reached(now);
        }
        if let Some(failure) = failure {
            self.judge_failure(failure, silent, now);
        }
    }

    /// Logs that a broker rejects the client while others answer. If none answers, health reports it.
    fn judge_failure(&mut self, failure: &Failure, silent: Duration, now: Instant) {
        let is_serious = matches!(failure.kind, FailureKind::Tls | FailureKind::Authentication);
        let is_known = self.rejection_seen.is_some_and(|seen| failure.when <= seen);
        if self.settings.health.has(Reason::is_connection) {
            self.rejection_seen = Some(failure.when);
        } else if silent >= SILENCE / 2 {
            // So that the reason is known when it is needed.
            _ = self.settings.diagnosis.explain(failure, now);
        } else if is_serious
            && !is_known
            && self.described.is_some_and(|described| now.duration_since(described) < SILENCE)
            && self.rejection_next.is_none_or(|next| now >= next)
            && let Some(finding) = self.settings.diagnosis.explain(failure, now)
        {
            self.rejection_seen = Some(failure.when);
            self.rejection_next = Some(now + REJECTION_EVERY);
            let cause = self.settings.redaction.apply(finding.cause()).into_owned();
            tracing::warn!(cause, "a broker rejects the connection; others do not");
        }
    }

    /// A service without partitions may still be a member: a group can have more members than partitions.
    pub(super) fn judge_membership(&mut self, progress: &Progress<'_>, refusal: Option<String>, now: Instant) {
        let health = &self.settings.health;
        if !progress.partitions.is_empty() {
            health.member.store(true, Ordering::Relaxed);
            self.outsider = None;
        } else if progress.is_subscribed && now.duration_since(self.membership) >= ASK_AGAIN {
            self.membership = now;
            let is_member = self.queue.is_member();
            let since = *self.outsider.get_or_insert(now);
            if is_member {
                self.outsider = None;
            }
            // During a rebalance, it is briefly not a member.
            if is_member || now.duration_since(since) >= SILENCE {
                health.member.store(is_member, Ordering::Relaxed);
            }
        }
        let waited = self.subscribed.is_some_and(|since| now.duration_since(since) >= SILENCE);
        let reason = Reason::NotInGroup { group: self.settings.config.effective_group_id().into_owned() };
        if health.takes_part() {
            health.clear(&reason, now);
        } else if waited && !health.has(Reason::is_outside) {
            health.raise(reason, refusal.unwrap_or_default(), now);
        }
    }

    /// Says once that other members have several partitions of a topic of which this one has none.
    pub(super) fn judge_share(&mut self, progress: &Progress<'_>, now: Instant) {
        let held = progress.partitions.iter().map(|view| view.name.topic.as_ref());
        if let Some(topic) = self.share.left_out(held, now) {
            tracing::warn!(
                topic,
                group = %self.settings.config.effective_group_id(),
                help = "other instances have several: set the assignor to `range` (KAFKA_GROUP_REMOTE_ASSIGNOR, or \
                        KAFKA_PARTITION_ASSIGNMENT_STRATEGY in a classic group), which spreads each topic",
                "no partition of a consumed topic is assigned to this instance"
            );
        }
    }

    /// Whether no broker has answered for a while, whatever was asked.
    fn is_all_silent(&self, now: Instant) -> bool {
        now.duration_since(self.heard) >= SILENCE / 2
    }

    pub(super) fn judge_partitions(&mut self, now: Instant) {
        let health = &self.settings.health;
        // If no broker answers, one reason is enough.
        let all_silent = self.is_all_silent(now);
        for (name, watched) in &mut self.partitions {
            watched.judge(name, health, all_silent, now);
        }
    }

    pub(super) fn judge_deliveries(&mut self, now: Instant) {
        let producer = &self.settings.producer;
        let overdue = producer.watch().overdue(SILENCE, now);
        if !overdue.is_empty() && !self.is_all_silent(now) && now >= self.bootstrap_next {
            // The consuming client gets responses, so the producer may have lost its brokers.
            producer.bootstrap_again(&self.settings.servers);
            self.bootstrap_next = now + BOOTSTRAP_EVERY;
        }
        let overdue: Vec<_> = overdue.into_iter().map(|index| producer.topic_name(TopicId(index))).collect();
        self.settings.health.clear_all(
            now,
            |reason| matches!(reason, Reason::DeliveryNotAcknowledged { topic } if !overdue.contains(topic)),
        );
        for topic in overdue {
            let cause = self.replicas.get(&topic).map(|replicas| {
                format!("{replicas}, possibly below the topic's `min.insync.replicas` (NOT_ENOUGH_REPLICAS)")
            });
            self.settings.health.raise(Reason::DeliveryNotAcknowledged { topic }, cause.unwrap_or_default(), now);
        }
    }

    /// Detects a failed producer even if no record is sent.
    pub(super) fn judge_producer(&self, now: Instant) {
        let ClientSettings { producer, health, .. } = &*self.settings;
        let reason = Reason::NotAuthorized { resource: Resource::Cluster, operation: Operation::IdempotentWrite };
        match producer.failure() {
            Some((code, text)) => {
                if code == RDKafkaErrorCode::ClusterAuthorizationFailed {
                    health.raise(reason, text, now);
                }
                producer.renew();
            }
            None if producer.lived(now) >= ASK_EVERY => health.clear(&reason, now),
            None => {}
        }
    }
}
