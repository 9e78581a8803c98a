//! Graceful shutdown: work in flight is finished, waiting work is left for the next start, and nothing is lost.

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use kafka_service::Error;
use kafka_service::config::RetryPolicy;
use kafka_service_tests::{Message, wait_until};
use serde_json::json;

use crate::board::Board;
use crate::world::{PATIENCE, World, command, on_each_broker, sorted_member, stop};

/// How often each correlation id occurs in the events.
fn answers(world: &World<'_>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for id in sorted_member(&world.client().read_all(world.events_topic()), "/correlation_id") {
        *counts.entry(id).or_default() += 1;
    }
    counts
}

#[test]
fn an_idle_service_stops_at_once() {
    on_each_broker("idle", async |world| {
        let service = world.start().await;
        let start = Instant::now();
        world.stop(service).await;
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_finishes_work_in_flight_and_abandons_the_rest() {
    let Some(mut world) = World::real("stop", 1) else { return };
    world.config.max_in_flight = 2;
    let service = world.start().await;
    let gated = (0..2).map(|n| command("wait_at_gate", &format!("running-{n}"), json!({})));
    let behind = (0..10).map(|n| command("echo", &format!("waiting-{n}"), json!({"text": "x"})));
    world.send_all(gated.chain(behind));
    wait_until(PATIENCE, "all to be received", || service.health().received == 12);
    wait_until(PATIENCE, "two to run", || world.board.running() == 2);

    let mut stopping = pin!(service.shutdown());
    let early = tokio::time::timeout(Duration::from_millis(300), &mut stopping).await;
    assert!(early.is_err(), "shutdown waits for work in flight: {early:?}");
    world.board.let_pass(2);
    stopping.await.expect("a clean shutdown; waiting commands are abandoned");
    assert_eq!(world.board.begun(), ["running-0", "running-1"]);
    assert_eq!(world.client().committed(&world.config.effective_group_id(), world.commands()), [2]);

    let service = world.start().await;
    world.events(12);
    assert!(answers(&world).values().all(|count| *count == 1), "{:?}", answers(&world));
    assert_eq!(world.board.begun().len(), 12, "the first two are not handled again");
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_under_load_causes_no_duplicates() {
    let Some(world) = World::real("load", 4) else { return };
    let service = world.start().await;
    let load = |n: usize| command("sleep", &format!("c-{n}"), json!({"ms": n * 7 % 30})).key(format!("k-{}", n % 40));
    world.send_all((0..600).map(load));
    wait_until(PATIENCE, "some of them to start", || world.board.begun().len() > 100);
    stop(service).await;
    let begun = world.board.begun().len();
    assert!(begun < 600, "the shutdown came after the end of the load");

    let service = world.start().await;
    world.client().read_until(world.events_topic(), PATIENCE, "600 answered commands", |events| {
        sorted_member(events, "/correlation_id").chunk_by(|left, right| left == right).count() == 600
    });
    world.stop(service).await;
    let twice: Vec<_> = answers(&world).into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{} of {begun} commands were answered twice: {twice:?}", twice.len());
    assert_eq!(world.board.begun().len(), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_a_hung_handler_is_redelivered() {
    let Some(mut world) = World::real("hung", 1) else { return };
    world.config.shutdown_deadline = Duration::from_secs(1);
    let service = world.start().await;
    world.send(command("echo", "before", json!({"text": "x"})));
    world.send(command("wait_at_gate", "hung", json!({})));
    world.answer("before");
    wait_until(PATIENCE, "the handler to hang", || world.board.running() == 1);

    let start = Instant::now();
    match service.shutdown().await {
        Err(Error::Incomplete { commands: 1, unacknowledged: 0 }) => {}
        other => assert!(other.is_err(), "one command is abandoned: {other:?}"),
    }
    let took = start.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(4)).contains(&took), "{took:?}");
    wait_until(PATIENCE, "the handler to be cancelled", || world.board.running() == 0);

    world.board = Board::new(1);
    world.board.open();
    let service = world.start().await;
    world.answer("hung");
    assert_eq!(world.board.begun(), ["hung"], "only the hung command is redelivered");
    world.events(2);
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_between_attempts_does_not_delay_shutdown() {
    let Some(mut world) = World::real("backoff", 1) else { return };
    world.config.retry = RetryPolicy::new(5, Duration::from_secs(60), Duration::from_secs(60));
    let service = world.start().await;
    world.send(command("ask_for_a_pause", "c-1", json!({"ms": 60_000})));
    wait_until(PATIENCE, "the first attempt to fail", || world.board.steps().len() == 2);

    let start = Instant::now();
    service.shutdown().await.expect("a clean shutdown");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());

    let service = world.start().await;
    wait_until(PATIENCE, "the command to be redelivered", || world.board.steps().len() == 4);
    assert_eq!(world.board.steps()[2].attempt, 1, "attempts start from 1");
    service.shutdown().await.expect("a clean shutdown");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_acknowledged_before_shutdown_ends() {
    let Some(mut world) = World::real("flush", 2) else { return };
    // Events linger for batching far longer than the handlers take.
    world.config.set_producer_property("linger.ms", "1500").expect("a producer property");
    let service = world.start().await;
    world.send_all((0..50).map(|n| command("echo", &format!("c-{n}"), json!({"text": "x"}))));
    wait_until(PATIENCE, "all handlers to finish", || service.health().finished == 50);
    stop(service).await;
    assert_eq!(world.client().read_all(world.events_topic()).len(), 50);
    assert_eq!(world.lag(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_in_flight_is_acknowledged_before_shutdown_ends() {
    let Some(mut world) = World::real("publication", 2) else { return };
    world.config.set_producer_property("linger.ms", "1500").expect("a producer property");
    let service = world.start().await;
    let publisher = service.publisher();
    let publishing =
        (0..20).map(|n| publisher.publish_event("report.counted", json!(n)).correlation_id("c-1").into_future());
    let mut publishing = join_all(publishing);
    // The first poll hands them over; after that only the acknowledgements are outstanding.
    assert!((&mut publishing).now_or_never().is_none());
    stop(service).await;
    assert_eq!(world.client().read_all(world.events_topic()).len(), 20);
    assert!(publishing.await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_handle_stops_the_service_and_leaves_the_group() {
    let Some(world) = World::real("dropped", 4) else { return };
    drop(world.start().await);
    let service = world.start().await;
    world.send_all((0..4).map(|n| command("echo", &format!("c-{n}"), json!({"text": "x"})).partition(n)));
    world.events(4);
    wait_until(PATIENCE, "all partitions to be assigned", || service.health().assigned_partitions == 4);
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_among_bad_records_loses_none_of_them() {
    let Some(world) = World::real("bad", 2) else { return };
    let service = world.start().await;
    world.send_all((0..300).map(|n| Message::new(format!("bad {n}"))));
    wait_until(PATIENCE, "some commands to be dead-lettered", || service.health().dead_lettered > 0);
    stop(service).await;
    let service = world.start().await;
    world.wait_for_commits();
    world.stop(service).await;
    let dead = world.client().read_all(&world.dead_letter_topic());
    let mut values: Vec<_> = dead.iter().map(|record| record.text().to_owned()).collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!((dead.len(), values.len()), (300, 300), "each once");
}
