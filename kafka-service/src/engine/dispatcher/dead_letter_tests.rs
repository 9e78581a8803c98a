//! Records that cannot be handled, and dead letters that are rejected.

use std::{
    future::Future as _,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    tests::{BOTH, COMMANDS, EVENTS, REFUSED_KEY, Stage, batch},
    *,
};
use crate::{config::Config, health::Reason};

/// Dispatches 150 tombstones. Returns how many were skipped and dead-lettered, and whether that ended the service.
async fn tombstones(topic: &str) -> (u64, u64, bool) {
    let mut config = Config::new("shop");
    config.dead_letter_limit = Some(50);
    let Stage { shared, assignment, batches, dispatcher } = Stage::with(topic, &config);
    let mut tombstones = batch("never", "key", assignment, 0, 150);
    tombstones.entries.iter_mut().for_each(|entry| entry.record.value = None);
    batches.try_send(tombstones).unwrap();
    drop(batches);
    let mut dispatcher = Box::pin(dispatcher.run());
    // Until it has ended or is idle: a service that cannot continue is ended from outside.
    for _ in 0..10 {
        if poll_fn(|context| Poll::Ready(dispatcher.as_mut().poll(context).is_ready())).await {
            break;
        }
    }
    let [skipped, dead_lettered] = [&shared.counters.skipped, &shared.counters.dead_lettered].map(Counters::get);
    (skipped, dead_lettered, shared.fatal.reason().is_some())
}

#[tokio::test]
async fn a_tombstone_is_skipped_only_on_an_events_topic() {
    assert_eq!(tombstones(EVENTS).await, (150, 0, false));
    let (skipped, _, ended) = tombstones(COMMANDS).await;
    assert!(skipped == 0 && ended, "the limit is for bad commands");
    let (skipped, _, ended) = tombstones(BOTH).await;
    assert!(skipped == 0 && ended, "a topic that carries commands should have no tombstones");
}

/// Its topic accepts no dead letter, whatever is omitted.
#[tokio::test]
async fn a_rejected_dead_letter_is_neither_fatal_nor_skipped() {
    let Stage { shared, assignment, batches, dispatcher } = Stage::new(COMMANDS);
    let mut bad = batch("step", REFUSED_KEY, assignment, 0, 1);
    bad.entries[0].record.value = Some(b"no json".to_vec());
    batches.try_send(bad).unwrap();
    let mut dispatcher = Box::pin(dispatcher.run());
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        assert!(tokio::time::Instant::now() < until, "nothing was tried");
        let turn = tokio::time::timeout(Duration::from_millis(10), dispatcher.as_mut()).await;
        assert!(turn.is_err(), "the dispatcher goes on");
        if shared.health.has(|reason| matches!(reason, Reason::DeliveryFailing { topic } if topic == "topic 1")) {
            break;
        }
    }
    assert_eq!(shared.fatal.reason(), None);
    assert_eq!(Counters::get(&shared.counters.undelivered), 1);
    assert!(!shared.acks.assignments.get(assignment).unwrap().is_finished(0), "its offset stays uncommitted");
}

/// A log that a test reads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log line about a message whose event is too large.
async fn dead_letter_line(topic: &str, kind: &str) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let Stage { assignment, batches, dispatcher, .. } = Stage::new(topic);
    batches.try_send(batch(kind, "key", assignment, 0, 1)).unwrap();
    drop(batches);
    dispatcher.run().await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().find(|line| line.contains("message dead-lettered")).expect("a line").to_owned()
}

#[tokio::test]
async fn a_dead_letter_line_says_whether_it_was_a_command_or_an_event() {
    let line = dead_letter_line(COMMANDS, "outgrow").await;
    assert!(line.contains(r#" command="outgrow" "#) && !line.contains("event="), "{line}");
    let line = dead_letter_line(EVENTS, "outgrown").await;
    assert!(line.contains(r#" event="outgrown" "#) && !line.contains("command="), "{line}");
}
