use std::{
    future::{Future as _, poll_fn},
    sync::{Arc, OnceLock, atomic::AtomicUsize},
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::*;
use crate::{
    acks::{Acks, Incoming},
    clock::SystemClock,
    config::Config,
    dead_letter,
    engine::{Assembly, AttemptSettings, BatchEntry, OutputSettings},
    handler::{Classifiers, Context, Event, Events, Invocation, States},
    message::StoredRecord,
    publisher::{Publisher, PublisherShared},
    registry::{Handler, Routes},
    transport::{
        Cause, DeliveryReports as _, OutRecord, OwnedRecord, Producer, ReadBack, SendError, Token, TopicId, Undelivered,
    },
};

pub(super) const COMMANDS: &str = "service_commands";
pub(super) const EVENTS: &str = "service_events";
/// A topic that carries both commands and events.
pub(super) const BOTH: &str = "both";

static ENDED: AtomicUsize = AtomicUsize::new(0);
static ENDED_BEFORE: AtomicUsize = AtomicUsize::new(usize::MAX);
static SENT_AGAIN_AFTER: AtomicUsize = AtomicUsize::new(usize::MAX);
/// The slot of a command whose event is not delivered; below, its acknowledgements and its assignment.
const SPOILT: u64 = 900;
static SPOILT_OF: OnceLock<(Arc<Acks>, u32)> = OnceLock::new();

/// Is pending once, and ready after that.
fn step(_: &Context<'_>) -> Invocation {
    let mut polled = false;
    Ok(Box::pin(poll_fn(move |context| {
        if polled {
            ENDED.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(Ok(Default::default()));
        }
        polled = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })))
}

fn look(_: &Context<'_>) -> Invocation {
    ENDED_BEFORE.store(ENDED.load(Ordering::Relaxed), Ordering::Relaxed);
    Ok(Box::pin(async { Ok(Default::default()) }))
}

/// While it runs, the event of another command comes back.
fn spoil(_: &Context<'_>) -> Invocation {
    let (acks, assignment) = SPOILT_OF.get().expect("a test that sends this says whose event comes back");
    let undelivered = Undelivered {
        record: OwnedRecord { topic: EVENTS_ID, key: None, value: None, headers: Vec::new() },
        cause: Cause::Broker,
        code: "Simulated".into(),
        error: "not now".to_owned(),
    };
    acks.failed(Token::position(*assignment, SPOILT), undelivered);
    Ok(Box::pin(async { Ok(Default::default()) }))
}

/// Set for the handler whose partition is revoked while it runs.
static GIVEN_BACK: OnceLock<(Arc<Acks>, u32)> = OnceLock::new();

/// Loses its partition while it runs, and publishes just before it returns.
fn shout(context: &Context<'_>) -> Invocation {
    let publisher = context.provided::<Publisher>().expect("a publisher");
    let mut polls = 0;
    Ok(Box::pin(poll_fn(move |context| {
        // The end of the batches comes first.
        if polls == 10 {
            let (acks, assignment) = GIVEN_BACK.get().expect("a test that sends this says whose partition it is");
            acks.assignments.remove(*assignment);
            publisher.publish(&Large).detach();
            return Poll::Ready(Ok(Default::default()));
        }
        polls += 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })))
}

fn never(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(std::future::pending()))
}

#[derive(Serialize)]
struct Large;

impl Event for Large {
    const TYPES: &'static [&'static str] = &["large"];

    fn event_type(&self) -> &'static str {
        "large"
    }
}

fn outgrow(_: &Context<'_>) -> Invocation {
    let mut events = Events::default();
    events.push(&Large).expect("it serializes");
    Ok(Box::pin(async { Ok(events) }))
}

static OUTGROW: Handler = Handler::command("outgrow", &outgrow);
static OUTGROW_EVENT: Handler = Handler::event("outgrown", &outgrow);
static STEP: Handler = Handler::command("step", &step);
static SPOIL: Handler = Handler::command("spoil", &spoil);
static SHOUT: Handler = Handler::command("shout", &shout);
static NEVER: Handler = Handler::command("never", &never);
static NEVER_EVENT: Handler = Handler::event("never", &never);
static BOTH_COMMAND: Handler = Handler { topic: Some(BOTH), ..Handler::command("both", &never) };
static BOTH_EVENT: Handler = Handler { topic: Some(BOTH), ..Handler::event("both.done", &never) };
static LOOK: Handler = Handler::command("look", &look);

const EVENTS_ID: TopicId = TopicId(0);
const DEAD_LETTERS_ID: TopicId = TopicId(1);
/// The key of a record that is rejected, with its key and without it.
pub(super) const REFUSED_KEY: &str = "refused";

/// Accepts what is sent again and dead letters, but no large event; nothing else is sent.
struct Again(Arc<Acks>);

impl Producer for Again {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        if record.topic == EVENTS_ID {
            // What is sent again in this test has no value.
            if record.value.is_some() {
                return Err(SendError::TooLarge("for a test".to_owned()));
            }
            SENT_AGAIN_AFTER.store(ENDED.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        if record.topic == DEAD_LETTERS_ID && record.headers.iter().any(|(name, _)| name == dead_letter::OMITTED_KEY) {
            return Err(SendError::TooLarge("whatever is left out".to_owned()));
        }
        if record.key == Some(REFUSED_KEY.as_bytes()) {
            return Err(SendError::TooLarge("for a test".to_owned()));
        }
        self.0.delivered(token);
        Ok(())
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

struct Nowhere;

impl ReadBack for Nowhere {
    fn read(&self, _: &str, _: i32, _: i64) -> BoxFuture<'static, Result<Option<StoredRecord>, String>> {
        unreachable!("nothing is refused")
    }
}

fn assembly(config: &Config, shared: &Arc<Shared>, incoming: mpsc::UnboundedReceiver<Incoming>) -> Assembly {
    let commands = [&STEP, &LOOK, &SHOUT, &SPOIL, &NEVER, &OUTGROW, &BOTH_COMMAND];
    let handlers = commands.into_iter().chain([&NEVER_EVENT, &OUTGROW_EVENT, &BOTH_EVENT]);
    let (acks, clock) = (Arc::clone(&shared.acks), Arc::clone(&shared.clock));
    let producer: Arc<dyn Producer> = Arc::new(Again(Arc::clone(&acks)));
    let publisher = PublisherShared::new(config, Arc::clone(&producer), acks, clock, EVENTS_ID, EVENTS_ID);
    let dead_letters = [COMMANDS, EVENTS, BOTH].map(|topic| (topic.to_owned(), DEAD_LETTERS_ID));
    Assembly {
        shared: Arc::clone(shared),
        routes: Routes::new(handlers, config),
        states: States::default(),
        classifiers: Classifiers::default(),
        publisher: Publisher::new(publisher),
        producer,
        read_back: Box::new(Nowhere),
        incoming,
        dispatcher: DispatcherSettings::new(config),
        attempts: AttemptSettings::new(config),
        output: OutputSettings::new(config, EVENTS_ID, dead_letters.into()),
        max_uncommitted: config.max_uncommitted,
        drain_deadline: Duration::from_secs(10),
    }
}

/// A dispatcher with one partition of a topic.
pub(super) struct Stage {
    pub(super) shared: Arc<Shared>,
    pub(super) assignment: u32,
    pub(super) batches: mpsc::Sender<Batch<StoredRecord>>,
    pub(super) dispatcher: Dispatcher<StoredRecord>,
}

impl Stage {
    pub(super) fn new(topic: &str) -> Self {
        Self::with(topic, &Config::new("shop"))
    }

    pub(super) fn with(topic: &str, config: &Config) -> Self {
        let (acks, incoming) = Acks::new();
        let shared = Shared::new("shop-group".to_owned(), Arc::new(acks), Arc::new(SystemClock), Arc::default());
        let shared = Arc::new(shared);
        let assignment = shared.acks.assignments.add(topic.into(), 0, 1024).index();
        let (dispatcher, driver) = assembly(config, &shared, incoming).build();
        // Nothing is revoked, so the sender of control is not needed.
        Self { shared, assignment, batches: driver.batches, dispatcher }
    }
}

/// A batch of `count` commands of one key, starting at this slot.
pub(super) fn batch(kind: &str, key: &str, assignment: u32, slot: u64, count: u64) -> Batch<StoredRecord> {
    let entry = |slot: u64| BatchEntry {
        record: StoredRecord {
            value: Some(format!(r#"{{"type":"{kind}","correlation_id":"c-{slot}","payload":null}}"#).into_bytes()),
            key: Some(key.as_bytes().to_vec()),
            offset: slot.cast_signed(),
            timestamp: None,
            headers: Vec::new(),
        },
        assignment,
        slot,
    };
    Batch { entries: (slot..slot + count).map(entry).collect(), more: false, lease: None }
}

#[tokio::test]
async fn a_busy_key_delays_neither_other_keys_nor_resends() {
    const OF_ONE_KEY: u64 = 500;
    let Stage { shared, assignment, batches, dispatcher } = Stage::new(COMMANDS);
    let mut first = batch("step", "busy", assignment, 0, OF_ONE_KEY);
    first.entries.extend(batch("spoil", "other", assignment, OF_ONE_KEY, 1).entries);
    batches.try_send(first).unwrap();
    batches.try_send(batch("look", "other", assignment, OF_ONE_KEY + 1, 1)).unwrap();
    drop(batches);
    SPOILT_OF.set((Arc::clone(&shared.acks), assignment)).unwrap();

    dispatcher.run().await;

    assert_eq!(Counters::get(&shared.counters.finished), OF_ONE_KEY + 2);
    for number in [&ENDED_BEFORE, &SENT_AGAIN_AFTER] {
        let before = number.load(Ordering::Relaxed);
        assert!(before <= 2 * ENDS_IN_A_ROW as usize, "{before} ended first");
    }
}

/// How many messages were skipped while a message of their key was still being handled.
async fn skipped_behind_a_busy_key(topic: &str) -> u64 {
    let Stage { shared, assignment, batches, dispatcher } = Stage::new(topic);
    batches.try_send(batch("never", "busy", assignment, 0, 1)).unwrap();
    batches.try_send(batch("of_nobody", "busy", assignment, 1, 3)).unwrap();
    let mut dispatcher = Box::pin(dispatcher.run());
    // As often as it asks for more.
    for _ in 0..10 {
        let polled = poll_fn(|context| Poll::Ready(dispatcher.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "one handler never ends");
    }
    Counters::get(&shared.counters.skipped)
}

#[tokio::test]
async fn only_unknown_commands_wait_for_their_key() {
    assert_eq!(skipped_behind_a_busy_key(COMMANDS).await, 0);
    assert_eq!(skipped_behind_a_busy_key(EVENTS).await, 3);
}

#[tokio::test]
async fn a_too_large_event_counts_its_command_as_dead_lettered() {
    let Stage { shared, assignment, batches, dispatcher } = Stage::new(COMMANDS);
    batches.try_send(batch("outgrow", "key", assignment, 0, 1)).unwrap();
    drop(batches);

    dispatcher.run().await;

    let counts = [&shared.counters.finished, &shared.counters.dead_lettered].map(Counters::get);
    assert_eq!(counts, [0, 1]);
}

#[tokio::test]
async fn shutdown_ends_after_a_publish_for_a_revoked_partition() {
    let Stage { shared, assignment, batches, dispatcher } = Stage::new(COMMANDS);
    GIVEN_BACK.set((Arc::clone(&shared.acks), assignment)).unwrap();
    batches.try_send(batch("shout", "key", assignment, 0, 1)).unwrap();
    drop(batches);

    tokio::time::timeout(Duration::from_secs(5), dispatcher.run()).await.expect("the dispatcher ends");

    assert_eq!(Counters::get(&shared.counters.abandoned), 1);
}
