//! Watches over the clients: it sees what they bring about, asks the brokers where nothing came back, and tells health.
//!
//! A broker that is frozen, a leader that is gone or a right that was taken shows in a client late or not at all: it retries
//! by itself and reports in the end. So health rests on answers. What is received, acknowledged or committed is one. Where
//! there was none for two seconds, one request is sent, by the consuming client, so that it says something about this client.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::error::RDKafkaErrorCode;

mod verdicts;

use super::{
    client::KafkaClient,
    ffi::{Answer, AnswerError, AnswerQueue, OffsetAnswer, Rights, TopicAnswer},
    fresh::Suspicion,
    producer::KafkaProducer,
    topics::NeededTopic,
    watched::{Watched, is_said_by_broker},
};
use crate::{
    consume::{TopicPartition, View},
    health::{HealthState, Operation, Reason, Resource},
};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long nothing may come back before it asks, and how long it waits between two requests.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// The same while something is wrong, so that the end of it is seen soon.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long a request may take. It is over before the next verdict.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long something may give no answer before the service is not ready. Elections of leaders are usually shorter.
pub(super) const SILENCE: Duration = Duration::from_millis(4_500);
/// How long the client may get no answer before a new client is asked.
pub(super) const SUSPECT: Duration = Duration::from_secs(10);

/// What a probe knows from the start.
pub(super) struct ProbeSettings {
    pub(super) group: String,
    pub(super) servers: String,
    pub(super) needed: Vec<NeededTopic>,
    pub(super) health: Arc<HealthState>,
    pub(super) producer: Arc<KafkaProducer>,
    /// How long joining the group may take.
    pub(super) join_within: Duration,
}

/// What the driver shows at one look.
#[derive(Default)]
pub(super) struct Look<'a> {
    pub(super) views: Vec<View<'a>>,
    /// The topics are subscribed, so that a group should assign partitions.
    pub(super) is_subscribed: bool,
    /// What the client brings waits for the dispatcher, or is being given back: that nothing arrives says nothing.
    pub(super) is_busy: bool,
    /// How many records are committed, over all partitions.
    pub(super) committed: u64,
    pub(super) unconfirmed_for: Duration,
}

/// The watch over one consuming client, and over the producer.
pub(super) struct Probe {
    queue: AnswerQueue,
    settings: ProbeSettings,
    partitions: HashMap<TopicPartition, Watched>,
    topics: Request,
    offsets: Request,
    /// The next question about offsets is about committed records only.
    committed_next: bool,
    looked: Instant,
    /// When something last came back from any broker.
    heard: Instant,
    /// When a broker last described the topics.
    described: Option<Instant>,
    seen: (u64, u64, u64),
    subscribed: Option<Instant>,
    /// When the client was last asked whether it is a member of its group.
    membership: Instant,
    /// Since when it is none.
    outsider: Option<Instant>,
    /// In-sync and all replicas of the topics, as last described.
    replicas: HashMap<String, String>,
}

/// One kind of request, of which one is under way at a time.
#[derive(Clone, Copy, Debug)]
struct Request {
    asked: Option<Instant>,
    next: Instant,
}

impl Request {
    fn is_due(&self, now: Instant) -> bool {
        self.asked.is_none() && now >= self.next
    }

    /// When the request was sent that is answered now.
    fn answered(&mut self, again_in: Duration, now: Instant) -> Instant {
        self.next = now + again_in;
        self.asked.take().unwrap_or(now)
    }
}

impl Probe {
    pub(super) fn new(client: &KafkaClient, settings: ProbeSettings, now: Instant) -> Option<Self> {
        let request = Request { asked: None, next: now };
        Some(Self {
            queue: AnswerQueue::new(client.client())?,
            settings,
            partitions: HashMap::new(),
            topics: Request { next: now + ASK_EVERY, ..request },
            offsets: request,
            committed_next: true,
            looked: now,
            heard: now,
            described: None,
            seen: (0, 0, 0),
            subscribed: None,
            membership: now,
            outsider: None,
            replicas: HashMap::new(),
        })
    }

    /// Whether it is time for the next look.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now.duration_since(self.looked) >= LOOK_EVERY
    }

    /// One look. What the client is suspected of, if it is; `trouble` is what it last said of its connections.
    pub(super) fn look(&mut self, look: &Look<'_>, trouble: Option<String>, now: Instant) -> Option<Suspicion> {
        self.looked = now;
        while let Some(answer) = self.queue.next() {
            self.answer(answer, now);
        }
        self.see(look, now);
        self.judge_brokers(trouble, now);
        self.judge_membership(look, now);
        self.judge_partitions(now);
        self.judge_deliveries(now);
        self.judge_producer(now);
        self.ask(now);
        self.suspicion(look, now)
    }

    /// Whether health knows from a broker's recent answer which topics are missing.
    pub(super) fn describes_topics(&self, now: Instant) -> bool {
        self.described.is_some_and(|described| now.duration_since(described) < SILENCE)
    }

    /// Whether records wait at the brokers that were not received.
    pub(super) fn has_waiting(&self) -> bool {
        self.partitions.values().any(Watched::is_waiting)
    }

    fn is_troubled(&self) -> bool {
        self.settings.health.has(|_| true)
    }

    fn pause(&self) -> Duration {
        if self.is_troubled() { ASK_AGAIN } else { ASK_EVERY }
    }

    /// What the clients bring about is as good as an answer.
    fn see(&mut self, look: &Look<'_>, now: Instant) {
        let names: HashSet<_> = look.views.iter().map(|view| view.name).collect();
        self.partitions.retain(|name, watched| {
            let is_ours = names.contains(name);
            if !is_ours {
                watched.forget(name, &self.settings.health, now);
            }
            is_ours
        });
        for view in &look.views {
            let watched = self.partitions.entry(view.name.clone()).or_insert_with(|| Watched::new(now));
            watched.see(view, look.is_busy, now);
        }
        let received = look.views.iter().map(|view| view.received).sum();
        let seen = (received, look.committed, self.settings.producer.watch().acknowledged());
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.heard = now;
        }
        if look.is_subscribed {
            self.subscribed.get_or_insert(now);
        }
    }

    fn answer(&mut self, answer: Answer, now: Instant) {
        let again_in = self.pause();
        match answer {
            Answer::Topics(answer) => {
                self.topics.answered(again_in, now);
                self.described = answer.as_ref().map_or(self.described, |_| Some(now));
                self.hear(answer.as_ref().err(), now);
                answer.unwrap_or_default().iter().for_each(|topic| self.topic(topic, now));
            }
            Answer::Offsets(answer) => {
                // A result that has come about may have no answer in it: each partition has its own.
                let asked = self.offsets.answered(again_in, now);
                answer.unwrap_or_default().into_iter().for_each(|offset| self.offset(offset, asked, now));
            }
        }
    }

    /// An answer that a broker gave counts, whatever it says.
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
                let hidden = denied(Operation::Describe);
                health.clear_all(now, |reason| *reason == missing || *reason == hidden);
                if let Some(Rights { read, write }) = answer.rights {
                    let rights =
                        [(Operation::Read, needed.is_read, read), (Operation::Write, needed.is_written, write)];
                    for (operation, _, allowed) in rights.into_iter().filter(|(_, is_needed, _)| *is_needed) {
                        set(health, denied(operation), !allowed, RDKafkaErrorCode::TopicAuthorizationFailed, now);
                    }
                }
            }
        }
        if let Some(worst) = answer.worst.filter(|worst| worst.in_sync < worst.all) {
            let text = format!("{} of {} replicas of a partition in sync", worst.in_sync, worst.all);
            self.replicas.insert(answer.name.clone(), text);
        } else {
            self.replicas.remove(&answer.name);
        }
    }

    fn offset(&mut self, answer: OffsetAnswer, asked: Instant, now: Instant) {
        let OffsetAnswer { partition, end } = answer;
        self.hear(end.as_ref().err(), now);
        if let Some(watched) = self.partitions.get_mut(&partition) {
            // The question was about committed records if the next is not.
            watched.answered(end, !self.committed_next, asked, now);
        }
    }

    /// One request at a time is enough to hear from the brokers, so topics and offsets take turns.
    fn ask(&mut self, now: Instant) {
        let silent = |watched: &Watched| now.duration_since(watched.heard) >= ASK_EVERY;
        let idle: Vec<_> =
            self.partitions.iter().filter(|(_, watched)| silent(watched)).map(|(name, _)| name).collect();
        if self.offsets.is_due(now) && !idle.is_empty() {
            self.queue.ask_offsets(idle.into_iter(), self.committed_next, TIMEOUT);
            self.committed_next = !self.committed_next;
            self.offsets.asked = Some(now);
        }
        if self.topics.is_due(now) {
            self.queue.ask_topics(self.settings.needed.iter().map(|topic| topic.name.as_str()), TIMEOUT);
            self.topics.asked = Some(now);
        }
    }

    /// What the client gets no answer to, although nothing outside is known to be wrong with just that.
    fn suspicion(&self, look: &Look<'_>, now: Instant) -> Option<Suspicion> {
        let is_denied = |reason: &Reason| {
            matches!(
                reason,
                Reason::NotAuthorized { .. } | Reason::TopicMissing { .. } | Reason::OpenTransaction { .. }
            )
        };
        if look.is_busy || self.settings.health.has(is_denied) {
            return None;
        }
        let is_outside = self.outsider.is_some_and(|since| now.duration_since(since) >= self.settings.join_within);
        if look.views.is_empty() && is_outside {
            let consumed = self.settings.needed.iter().find(|topic| topic.is_read);
            return consumed.map(|topic| Suspicion::Joining(TopicPartition::new(&topic.name, 0)));
        }
        let first = self.partitions.keys().next();
        if look.unconfirmed_for >= SUSPECT {
            return first.cloned().map(Suspicion::Coordinator);
        }
        self.partitions.iter().find_map(|(name, watched)| watched.suspicion(name, now))
    }

    /// A new client found nothing either: the same is not asked again until something has changed.
    pub(super) fn dismiss(&mut self, suspicion: &Suspicion) {
        if let Suspicion::Records(name, _) = suspicion
            && let Some(watched) = self.partitions.get_mut(name)
        {
            watched.dismiss();
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
