use std::{
    collections::HashMap,
    future::poll_fn,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use futures_util::future::BoxFuture;

use super::*;
use crate::{
    clock::SystemClock,
    commit::Token,
    config::Config,
    dispatch::{BATCHES_AHEAD, Core, Costs, Entry, Fatal, Settings},
    handler::{Classifiers, Context, Invocation, States},
    message::StoredRecord,
    publish::{Acks, Publisher, PublisherCore},
    registry::{Handler, Routes},
    transport::{OutRecord, Producer, ReadBack, SendError, TopicId},
};

const TOPIC: &str = "service_commands";

static ENDED: AtomicUsize = AtomicUsize::new(0);
static ENDED_BEFORE: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Is pending once, and ready at once after that.
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

static STEP: Handler = Handler::command("step", &step);
static LOOK: Handler = Handler::command("look", &look);

/// Nothing is published and nothing refused.
struct Nowhere;

impl Producer for Nowhere {
    fn send(&self, _: &OutRecord<'_>, _: Token) -> Result<(), SendError> {
        unreachable!("no handler answers")
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

impl ReadBack for Nowhere {
    fn read(&self, _: &str, _: i32, _: i64) -> BoxFuture<'static, Result<Option<StoredRecord>, String>> {
        unreachable!("nothing is refused")
    }
}

fn core(acks: Arc<Acks>) -> Core {
    let config = Config::new("shop");
    let routes = Routes::new([&STEP, &LOOK], &config);
    let producer: Arc<dyn Producer> = Arc::new(Nowhere);
    let events = TopicId(0);
    Core {
        settings: Settings::new(&config, events, HashMap::new()),
        costs: Costs::new(routes.handlers()),
        routes,
        states: States::default(),
        classifiers: Classifiers::default(),
        publisher: Publisher::new(PublisherCore::new(
            &config,
            Arc::clone(&producer),
            Arc::clone(&acks),
            events,
            events,
        )),
        producer,
        acks,
        counters: Counters::default(),
        fatal: Fatal::default(),
        clock: Box::new(SystemClock),
        read_back: Box::new(Nowhere),
    }
}

/// A batch of `count` commands of one key, from this slot on.
fn batch(kind: &str, key: &str, assignment: u32, slot: u64, count: u64) -> Batch<StoredRecord> {
    let entry = |slot: u64| Entry {
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
async fn a_key_with_much_to_do_does_not_keep_another_from_beginning() {
    const OF_ONE_KEY: u64 = 500;
    let (acks, incoming) = Acks::new();
    let core = Arc::new(core(Arc::new(acks)));
    let assignment = core.acks.assignments.add(TOPIC.into(), 0, 1024).index();
    let (batches, received) = mpsc::channel(BATCHES_AHEAD);
    let (_control, controls) = mpsc::unbounded_channel();
    batches.try_send(batch("step", "busy", assignment, 0, OF_ONE_KEY)).unwrap();
    batches.try_send(batch("look", "other", assignment, OF_ONE_KEY, 1)).unwrap();
    drop(batches);

    Dispatcher::new(Arc::clone(&core), received, controls, incoming).run().await;

    assert_eq!(Counters::get(&core.counters.finished), OF_ONE_KEY + 1);
    let before = ENDED_BEFORE.load(Ordering::Relaxed);
    assert!(before <= 2 * ENDS_IN_A_ROW as usize, "{before} ended first");
}
