//! What follows a failed attempt.

use std::time::Duration;

use kafka_service::config::RetryPolicy;
use kafka_service::dead_letter;
use kafka_service_tests::Record;
use serde_json::{Value, json};

use crate::world::{World, command, on_each_broker};

/// The class, attempts and message of a dead letter.
fn failure(record: &Record) -> (&str, &str, &str) {
    let header = |name| record.header(name).unwrap_or("(missing)");
    (header(dead_letter::ERROR_CLASS), header(dead_letter::ATTEMPTS), header(dead_letter::ERROR_MESSAGE))
}

fn attempts(world: &World<'_>) -> Vec<u32> {
    world.board.steps().iter().filter(|step| step.begins).map(|step| step.attempt).collect()
}

/// The only dead letter of this command, which has no events.
async fn dead_letter_of(mut world: World<'_>, kind: &str, payload: Value) -> (Record, Vec<u32>) {
    world.config.handler_timeout = Duration::from_millis(200);
    let service = world.start().await;
    world.send(command(kind, "c-1", payload).key("k"));
    let dead = world.dead_letters(1).remove(0);
    assert_eq!((dead.key_text(), dead.json()["type"].as_str()), (Some("k"), Some(kind)));
    assert!(dead.header(dead_letter::HANDLER).is_some_and(|handler| handler.contains("handlers.rs:")), "{dead:?}");
    let health = service.health();
    assert_eq!((health.dead_lettered, health.finished), (1, 0));
    world.events(0);
    world.stop(service).await;
    (dead, attempts(&world))
}

#[test]
fn a_retried_command_can_succeed() {
    on_each_broker("retry", async |world| {
        let service = world.start().await;
        for number in [1, 2] {
            world.send(command("fail_times", &format!("c-{number}"), json!({"number": number})));
        }
        for number in [1, 2] {
            let answer = world.answer(&format!("c-{number}")).json();
            assert_eq!(answer["payload"]["number"], number + 1, "the attempt that succeeded");
        }
        world.events(2);
        world.dead_letters(0);
        let health = service.health();
        assert_eq!((health.finished, health.retries, health.dead_lettered), (2, 3, 0));
        world.stop(service).await;
    });
}

#[test]
fn a_command_is_dead_lettered_after_its_last_attempt() {
    on_each_broker("retry", async |world| {
        let (dead, attempts) = dead_letter_of(world, "fail", json!({})).await;
        assert_eq!(failure(&dead), ("handler-error", "3", "no luck"));
        assert_eq!(attempts, [1, 2, 3]);
    });
}

#[test]
fn one_attempt_means_no_retry() {
    on_each_broker("retry", async |mut world| {
        world.config.retry = RetryPolicy::new(1, Duration::from_millis(1), Duration::from_millis(1));
        let (dead, attempts) = dead_letter_of(world, "fail", json!({})).await;
        assert_eq!(failure(&dead), ("handler-error", "1", "no luck"));
        assert_eq!(attempts, [1]);
    });
}

#[test]
fn a_permanent_error_is_dead_lettered_at_once() {
    on_each_broker("retry", async |world| {
        let (dead, attempts) = dead_letter_of(world, "refuse", json!({})).await;
        assert_eq!(failure(&dead), ("permanent-error", "1", "never"));
        assert_eq!(attempts, [1]);
    });
}

#[test]
fn a_panic_is_a_failed_attempt_wherever_it_happens() {
    on_each_broker("panic", async |world| {
        let service = world.start().await;
        world.send(command("panic", "early", json!({"text": "early"})));
        world.send(command("panic", "late", json!({"text": "late"})));
        world.send(command("panic_in_a_plain_fn", "blocking", json!({})));
        for dead in world.dead_letters(3) {
            let id = dead.json()["correlation_id"].as_str().unwrap_or_default().to_owned();
            assert_eq!(failure(&dead), ("panic", "3", format!("handler panicked: {id} panic").as_str()));
            assert_eq!(world.board.begun_by_lane()[&id].len(), 3);
        }
        world.stop(service).await;
    });
}

#[test]
fn a_handler_over_its_timeout_is_cancelled_and_retried() {
    on_each_broker("timeout", async |world| {
        let (dead, attempts) = dead_letter_of(world, "never_end", json!({})).await;
        assert_eq!(failure(&dead), ("timeout", "3", "handler timed out after 200ms"));
        assert_eq!(attempts, [1, 2, 3]);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_over_its_timeout_ends_before_the_next_begins() {
    let Some(mut world) = World::real("timeout", 1) else { return };
    world.config.handler_timeout = Duration::from_millis(100);
    let service = world.start().await;
    world.send(command("never_end", "c-1", json!({})));
    world.dead_letters(1);
    assert_eq!(world.board.high_water(), 1, "{:?}", world.board.steps());
    assert_eq!(world.board.running(), 0);
    world.stop(service).await;
}

#[test]
fn a_plain_fn_over_its_timeout_runs_to_its_end() {
    on_each_broker("timeout", async |mut world| {
        world.config.handler_timeout = Duration::from_millis(50);
        let service = world.start().await;
        world.send(command("block", "c-1", json!({"ms": 300})).key("k"));
        world.send(command("echo", "c-2", json!({"text": "x"})).key("k"));
        world.events(2);
        assert_eq!(world.board.begun(), ["c-1", "c-2"], "called once; its key waited");
        assert_eq!(world.board.high_water(), 1);
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_delay_is_kept() {
    let Some(world) = World::real("pause", 1) else { return };
    let service = world.start().await;
    let start = std::time::Instant::now();
    world.send(command("ask_for_a_pause", "c-1", json!({"ms": 700})));
    world.answer("c-1");
    // The configured backoff is a hundredth of that.
    assert!(start.elapsed() >= Duration::from_millis(700), "{:?}", start.elapsed());
    assert_eq!(attempts(&world), [1, 2]);
    world.stop(service).await;
}

#[test]
fn a_converted_error_is_retryable() {
    on_each_broker("parse", async |world| {
        let (dead, _) = dead_letter_of(world, "parse", json!({"text": "five"})).await;
        assert_eq!(failure(&dead), ("handler-error", "3", "invalid digit found in string"));
    });
}
