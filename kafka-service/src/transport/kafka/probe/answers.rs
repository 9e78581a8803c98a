//! What the brokers answer, and what it says about topics, permissions and partitions.

use std::time::Instant;

use rdkafka::error::RDKafkaErrorCode;

use super::BrokerProbe;
use crate::{
    health::{HealthState, Operation, Reason, Resource},
    transport::kafka::{
        ffi::{Answer, AnswerError, OffsetAnswer, Rights, TopicAnswer},
        watched::is_said_by_broker,
    },
};

impl BrokerProbe {
    pub(super) fn answer(&mut self, answer: Answer, now: Instant) {
        let again_in = self.pause();
        match answer {
            Answer::Topics(answer) => {
                self.topics.answered(again_in, now);
                self.described = answer.as_ref().map_or(self.described, |_| Some(now));
                self.hear(answer.as_ref().err(), now);
                answer.unwrap_or_default().iter().for_each(|topic| self.topic(topic, now));
            }
            Answer::Offsets(answer) => {
                // A successful result may contain no answer: each partition has its own.
                let asked = self.offsets.answered(again_in, now);
                answer.unwrap_or_default().into_iter().for_each(|offset| self.offset(offset, asked, now));
            }
        }
    }

    /// Counts an answer of a broker, whatever it says.
    fn hear(&mut self, error: Option<&AnswerError>, now: Instant) {
        if error.is_none_or(|error| is_said_by_broker(error.code)) {
            self.heard = now;
        }
    }

    fn topic(&mut self, answer: &TopicAnswer, now: Instant) {
        let Some(needed) = self.settings.needed.iter().find(|needed| needed.name == answer.name) else { return };
        let health = &self.settings.health;
        let missing = Reason::TopicMissing { topic: answer.name.clone() };
        let denied = |operation| Reason::NotAuthorized { resource: Resource::Topic(answer.name.clone()), operation };
        match answer.error.as_ref().map(|error| error.code) {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => {
                health.raise(missing, format!("required for {}", needed.purpose), now);
            }
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => {
                health.raise(denied(Operation::Describe), broker_says(RDKafkaErrorCode::TopicAuthorizationFailed), now);
            }
            Some(_) => {}
            None => {
                if needed.is_read {
                    self.share.describe(&answer.name, answer.partitions);
                }
                let hidden = denied(Operation::Describe);
                health.clear_all(now, |reason| *reason == missing || *reason == hidden);
                if let Some(Rights { read, write }) = answer.rights {
                    let is_written = needed.is_written && self.settings.has_one_identity;
                    let rights = [(Operation::Read, needed.is_read, read), (Operation::Write, is_written, write)];
                    for (operation, _, allowed) in rights.into_iter().filter(|(_, is_needed, _)| *is_needed) {
                        set(health, denied(operation), !allowed, RDKafkaErrorCode::TopicAuthorizationFailed, now);
                    }
                }
            }
        }
        if let Some(worst) = answer.worst.filter(|worst| worst.in_sync < worst.all) {
            let text = format!("a partition has {} of {} replicas in sync", worst.in_sync, worst.all);
            self.replicas.insert(answer.name.clone(), text);
        } else {
            self.replicas.remove(&answer.name);
        }
    }

    fn offset(&mut self, answer: OffsetAnswer, asked: Instant, now: Instant) {
        let OffsetAnswer { partition, end } = answer;
        self.hear(end.as_ref().err(), now);
        if let Some(watched) = self.partitions.get_mut(&partition) {
            // The request was about committed records if the next one is not.
            watched.answered(end, !self.committed_next, asked, now);
        }
    }
}

fn set(health: &HealthState, reason: Reason, is_wrong: bool, code: RDKafkaErrorCode, now: Instant) {
    if is_wrong {
        health.raise(reason, broker_says(code), now);
    } else {
        health.clear(&reason, now);
    }
}

fn broker_says(code: RDKafkaErrorCode) -> String {
    code.to_string()
}
