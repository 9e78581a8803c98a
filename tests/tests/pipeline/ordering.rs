//! Which commands run one at a time, and which run concurrently.

use std::collections::HashMap;
use std::time::Duration;

use kafka_service::config::{OrderBy, RetryPolicy};
use kafka_service_tests::{Message, wait_until};
use serde_json::json;

use crate::board::{Board, Step};
use crate::world::{PATIENCE, command, member, on_each_broker};

/// Irregular delays of 0 to 6 ms, the same in every run.
fn delay(number: usize) -> u64 {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61
}

/// Commands over several keys, each with its own delay; `c-<key>-<number>`.
fn delayed(commands: usize, keys: usize) -> impl Iterator<Item = Message> {
    (0..commands).map(move |n| {
        let payload = json!({"ms": delay(n)});
        command("sleep", &format!("c-{}-{n}", n % keys), payload).key(format!("key-{}", n % keys))
    })
}

/// The number at the end of a correlation id.
fn number(correlation_id: &str) -> usize {
    correlation_id.rsplit('-').next().and_then(|number| number.parse().ok()).expect("ends with a number")
}

/// Asserts that no two calls of one lane run concurrently.
fn assert_one_at_a_time(steps: &[Step]) {
    let mut running: HashMap<&str, &str> = HashMap::new();
    for Step { begins, lane, correlation_id, .. } in steps {
        let before = if *begins { running.insert(lane, correlation_id) } else { None };
        assert_eq!(before, None, "{correlation_id} started before the call before it in the lane had ended");
        if !begins {
            assert_eq!(running.remove(lane.as_str()), Some(correlation_id.as_str()));
        }
    }
}

#[test]
fn commands_of_one_key_run_one_at_a_time_and_in_order() {
    on_each_broker("order", async |world| {
        let service = world.start().await;
        world.send_all(delayed(400, 10));
        let events = world.events(400);
        assert_one_at_a_time(&world.board.steps());
        let lanes = world.board.begun_by_lane();
        assert_eq!(lanes.len(), 10);
        assert!(lanes.values().all(|ids| ids.len() == 40 && ids.is_sorted_by_key(|id| number(id))), "{lanes:?}");
        assert!(world.board.high_water() > 1, "different keys run concurrently");
        // Events of one key are in the log in the order of their commands.
        for key in 0..10 {
            let of_key: Vec<_> =
                events.iter().filter(|event| event.key_text() == Some(&format!("key-{key}"))).collect();
            let numbers =
                of_key.iter().map(|event| number(event.json()["correlation_id"].as_str().unwrap_or_default()));
            assert!(of_key.len() == 40 && numbers.is_sorted(), "key-{key}");
        }
        world.stop(service).await;
    });
}

#[test]
fn commands_of_different_keys_run_concurrently() {
    on_each_broker("meet", async |mut world| {
        // None of them ends before all six are running.
        world.board = Board::new(6);
        let service = world.start().await;
        world
            .send_all((0..6).map(|n| command("meet", &format!("c-{n}"), json!({})).key(format!("k-{n}")).partition(0)));
        world.events(6);
        world.stop(service).await;
    });
}

#[test]
fn commands_without_a_key_are_ordered_by_correlation_id() {
    on_each_broker("keyless", async |mut world| {
        world.board = Board::new(3);
        let service = world.start().await;
        // The three correlation ids meet in the middle, so they do not wait for one another.
        let steps = |step: usize| {
            (0..3).map(move |id| {
                let kind = if step == 5 { "meet" } else { "sleep" };
                command(kind, &format!("talk-{id}"), json!({"ms": delay(step * 3 + id)})).partition(0)
            })
        };
        world.send_all((0..10).flat_map(steps));
        let events = world.events(30);
        assert_one_at_a_time(&world.board.steps());
        for id in 0..3 {
            let of_talk = events.iter().filter(|event| event.json()["correlation_id"] == format!("talk-{id}"));
            let texts = member(&of_talk.cloned().collect::<Vec<_>>(), "/payload/text");
            let met = texts.iter().position(|text| text == "met");
            assert_eq!((texts.len(), met), (10, Some(5)), "{texts:?}");
        }
        world.stop(service).await;
    });
}

#[test]
fn equal_keys_of_two_partitions_do_not_block_each_other() {
    on_each_broker("lanes", async |mut world| {
        world.board = Board::new(2);
        let service = world.start().await;
        world.send(command("meet", "same", json!({})).partition(0));
        world.send(command("meet", "other", json!({})).key("same").partition(1));
        world.events(2);
        world.stop(service).await;
    });
}

#[test]
fn ordering_by_partition_runs_one_command_at_a_time() {
    on_each_broker("partition", async |mut world| {
        world.config.ordering = OrderBy::Partition;
        world.board = Board::new(2);
        let service = world.start().await;
        let of_partition = |partition: i32| {
            (0..30).map(move |n| {
                let (kind, id) = (if n == 15 { "meet" } else { "sleep" }, format!("c-{partition}-{n}"));
                command(kind, &id, json!({"ms": delay(n)})).key(format!("k-{n}")).partition(partition)
            })
        };
        world.send_all(of_partition(0).chain(of_partition(1)));
        world.events(60);
        let mut steps = world.board.steps();
        for partition in 0..2 {
            let ids = steps.iter().filter(|step| step.begins && step.partition == partition);
            let numbers: Vec<_> = ids.map(|step| number(&step.correlation_id)).collect();
            assert_eq!(numbers, (0..30).collect::<Vec<_>>());
        }
        for step in &mut steps {
            step.lane = step.partition.to_string();
        }
        assert_one_at_a_time(&steps);
        world.stop(service).await;
    });
}

#[test]
fn a_retried_command_blocks_only_its_own_key() {
    on_each_broker("held", async |mut world| {
        world.config.retry = RetryPolicy::new(100_000, Duration::from_millis(1), Duration::from_millis(5));
        let service = world.start().await;
        world.send(command("fail_until_open", "a-1", json!({})).key("a").partition(0));
        world.send(command("echo", "a-2", json!({"text": "x"})).key("a").partition(0));
        world.send(command("echo", "b-1", json!({"text": "x"})).key("b").partition(0));
        world.answer("b-1");
        wait_until(PATIENCE, "some attempts", || service.health().retries > 10);
        assert!(!world.board.begun().contains(&"a-2".to_owned()), "{:?}", world.board.begun());
        assert_eq!(world.events(1).len(), 1);

        world.board.open();
        world.events(3);
        let lane = &world.board.begun_by_lane()["a"];
        assert_eq!(lane.last().map(String::as_str), Some("a-2"));
        assert_eq!(lane.iter().filter(|id| *id == "a-2").count(), 1);
        world.stop(service).await;
    });
}
