//! Monitors the clients: observes their progress, asks the brokers if there is none, and reports to health.
//!
//! A client shows a frozen broker, a missing leader or a revoked permission late or not at all: it retries by itself
//! and reports at the end. So health relies on answers. Every record received, acknowledged or committed is one. After
//! two seconds without any, the consuming client sends one request, so that its answer says something about this
//! client.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

mod answers;
mod share;
mod verdicts;

use self::share::Share;
use super::{
    client::KafkaClient,
    client_settings::ClientSettings,
    deadlines::{SILENCE, SUSPECT},
    failure::Failure,
    ffi::AnswerQueue,
    fresh::Suspicion,
    group::Protocol,
    watched::Watched,
};
use crate::{
    health::Reason,
    transport::{NeededTopic, Progress, TopicPartition},
};

/// The interval between two checks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long there may be no answer before a request is sent, and the interval between two requests.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// The same while there is a problem, so that its end is detected soon.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// The timeout of a request. It expires before the next verdict.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What the client itself says is wrong.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Its last failed connection.
    pub(super) connection: Option<Failure>,
    /// Why its group refuses it.
    pub(super) group: Option<String>,
}

/// Monitors one consuming client and the producer.
pub(super) struct BrokerProbe {
    queue: AnswerQueue,
    settings: Arc<ClientSettings>,
    /// How long joining the group may take.
    join_within: Duration,
    partitions: HashMap<TopicPartition, Watched>,
    topics: Request,
    offsets: Request,
    /// Whether the next request for offsets is about committed records only.
    committed_next: bool,
    looked: Instant,
    /// When any broker last answered.
    heard: Instant,
    /// When there was last no token with which a broker could be asked.
    mute: Option<Instant>,
    /// When a broker last described the topics.
    described: Option<Instant>,
    seen: (u64, u64, u64),
    subscribed: Option<Instant>,
    /// When the client was last asked whether it is a member of its group.
    membership: Instant,
    /// Since when it is not a member.
    outsider: Option<Instant>,
    /// When the producer may be told again to look for its brokers.
    bootstrap_next: Instant,
    /// In-sync and all replicas of the topics, as last described.
    replicas: HashMap<String, String>,
    /// When a broker that rejects the client may be logged again.
    rejection_next: Option<Instant>,
    /// When the last failure happened that was reported.
    rejection_seen: Option<Instant>,
    share: Share,
}

/// One kind of request, with at most one in flight.
#[derive(Clone, Copy, Debug)]
struct Request {
    asked: Option<Instant>,
    next: Instant,
}

impl Request {
    fn is_due(&self, now: Instant) -> bool {
        self.asked.is_none() && now >= self.next
    }

    /// Records an answer. Returns when its request was sent.
    fn answered(&mut self, again_in: Duration, now: Instant) -> Instant {
        self.next = now + again_in;
        self.asked.take().unwrap_or(now)
    }
}

impl BrokerProbe {
    pub(super) fn new(
        client: &KafkaClient,
        settings: Arc<ClientSettings>,
        protocol: Protocol,
        now: Instant,
    ) -> Option<Self> {
        let request = Request { asked: None, next: now };
        Some(Self {
            queue: AnswerQueue::new(client.client())?,
            settings,
            // With the classic protocol, the coordinator waits for the other members before it answers.
            join_within: if protocol == Protocol::Classic { SUSPECT * 2 } else { SUSPECT },
            partitions: HashMap::new(),
            topics: Request { next: now + ASK_EVERY, ..request },
            offsets: request,
            committed_next: true,
            looked: now,
            heard: now,
            mute: None,
            described: None,
            seen: (0, 0, 0),
            subscribed: None,
            membership: now,
            outsider: None,
            bootstrap_next: now,
            replicas: HashMap::new(),
            rejection_next: None,
            rejection_seen: None,
            share: Share::default(),
        })
    }

    /// Whether the next check is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now.duration_since(self.looked) >= LOOK_EVERY
    }

    /// Does one check. Returns what the client is suspected of, if anything.
    pub(super) fn look(&mut self, progress: &Progress<'_>, trouble: Trouble, now: Instant) -> Option<Suspicion> {
        let is_refused = trouble.group.is_some();
        self.looked = now;
        while let Some(answer) = self.queue.next() {
            self.answer(answer, now);
        }
        self.see(progress, now);
        self.judge_brokers(trouble.connection.as_ref(), now);
        self.judge_membership(progress, trouble.group, now);
        self.judge_share(progress, now);
        self.judge_partitions(now);
        self.judge_deliveries(now);
        self.judge_producer(now);
        self.ask(now);
        // A refusal is an answer.
        self.suspicion(progress, now).filter(|_| !is_refused)
    }

    /// A broker has answered, to a question that is not one of the probe.
    pub(super) fn answered(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether health knows from a recent answer of a broker which topics are missing.
    pub(super) fn describes_topics(&self, now: Instant) -> bool {
        self.described.is_some_and(|described| now.duration_since(described) < SILENCE)
    }

    /// Whether the brokers have records that were not received.
    pub(super) fn has_waiting(&self) -> bool {
        self.partitions.values().any(Watched::is_waiting)
    }

    fn is_troubled(&self) -> bool {
        self.settings.health.has(|_| true)
    }

    fn pause(&self) -> Duration {
        if self.is_troubled() { ASK_AGAIN } else { ASK_EVERY }
    }

    /// Counts the progress of the clients as answers.
    fn see(&mut self, progress: &Progress<'_>, now: Instant) {
        let names: HashSet<_> = progress.partitions.iter().map(|view| view.name).collect();
        self.partitions.retain(|name, watched| {
            let is_ours = names.contains(name);
            if !is_ours {
                watched.forget(name, &self.settings.health, now);
            }
            is_ours
        });
        for view in &progress.partitions {
            let watched = self.partitions.entry(view.name.clone()).or_insert_with(|| Watched::new(now));
            watched.see(view, progress.is_busy, now);
        }
        let received = progress.partitions.iter().map(|view| view.received).sum();
        let seen = (received, progress.committed, self.settings.producer.watch().acknowledged());
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.heard = now;
        }
        if progress.is_subscribed {
            self.subscribed.get_or_insert(now);
        }
    }

    /// One request at a time is enough to hear from the brokers, so topics and offsets alternate.
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
            // The answer is about the permissions of the consuming client.
            let is_ours = |topic: &&NeededTopic| topic.is_read || self.settings.has_one_identity;
            let topics = self.settings.needed.iter().filter(is_ours).map(|topic| topic.name.as_str());
            self.queue.ask_topics(topics, TIMEOUT);
            self.topics.asked = Some(now);
        }
    }

    /// What the client gets no answer to, although nothing outside is known to be wrong with it.
    fn suspicion(&self, progress: &Progress<'_>, now: Instant) -> Option<Suspicion> {
        let is_denied = |reason: &Reason| {
            matches!(
                reason,
                Reason::TokenUnavailable
                    | Reason::NotAuthorized { .. }
                    | Reason::TopicMissing { .. }
                    | Reason::OpenTransaction { .. }
            )
        };
        if progress.is_busy || self.settings.health.has(is_denied) {
            return None;
        }
        let is_outside = self.outsider.is_some_and(|since| now.duration_since(since) >= self.join_within);
        if progress.partitions.is_empty() && is_outside {
            let consumed = self.settings.needed.iter().find(|topic| topic.is_read);
            return consumed.map(|topic| Suspicion::Joining(TopicPartition::new(&topic.name, 0)));
        }
        let first = self.partitions.keys().next();
        if progress.commit_unacknowledged_for >= SUSPECT {
            return first.cloned().map(Suspicion::Coordinator);
        }
        if now.duration_since(self.heard) >= SUSPECT {
            // A client that has lost its brokers does not even report that a request has failed.
            return first.cloned().map(Suspicion::Leader);
        }
        self.partitions.iter().find_map(|(name, watched)| watched.suspicion(name, now))
    }

    /// Called if a new client got no answer either: the same suspicion is not raised again until something has changed.
    pub(super) fn dismiss(&mut self, suspicion: &Suspicion) {
        if let Suspicion::Records(name, _) = suspicion
            && let Some(watched) = self.partitions.get_mut(name)
        {
            watched.dismiss();
        }
    }
}
