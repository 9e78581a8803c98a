//! Several instances of one service join and leave while commands arrive.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use kafka_service::ServiceHandle;
use kafka_service::config::GroupProtocol;
use kafka_service_tests::{Record, wait_until};
use serde_json::json;

use crate::world::{PATIENCE, World, command, stop};

const COMMANDS: usize = 2_000;
const KEYS: usize = 24;
const PARTITIONS: usize = 6;

/// Writes all commands, about 500 per second.
fn write(world: &World<'_>) {
    for chunk in 0..COMMANDS / 20 {
        world.send_all((chunk * 20..(chunk + 1) * 20).map(|n| {
            let id = format!("c-{n}");
            command("sleep", &id, json!({"ms": n * 13 % 7})).key(format!("key-{}", n % KEYS))
        }));
        thread::sleep(Duration::from_millis(40));
    }
}

fn number(record: &Record) -> usize {
    let id = record.json()["correlation_id"].as_str().and_then(|id| id.strip_prefix("c-")?.parse().ok());
    id.expect("one of our correlation ids")
}

/// Both instances have partitions, and together they have all.
fn shared(services: [&ServiceHandle; 2]) -> Result<(), [usize; 2]> {
    let counts = services.map(|service| service.health().assigned_partitions);
    if counts.iter().sum::<usize>() == PARTITIONS && !counts.contains(&0) { Ok(()) } else { Err(counts) }
}

async fn come_and_go(world: &World<'_>) {
    let first = world.start().await;
    wait_until(PATIENCE, "the first to have all partitions", || first.health().assigned_partitions == PARTITIONS);
    let second = world.start().await;
    wait_until(PATIENCE, "the second to get its share", || shared([&first, &second]));
    stop(first).await;
    wait_until(PATIENCE, "the second to have all partitions", || second.health().assigned_partitions == PARTITIONS);
    let third = world.start().await;
    wait_until(PATIENCE, "the third to get its share", || shared([&second, &third]));
    let all_answered = |records: &[Record]| records.iter().map(number).collect::<HashSet<_>>().len() == COMMANDS;
    world.client().read_until(world.events_topic(), PATIENCE, "all commands to be answered", all_answered);
    world.wait_for_commits();
    stop(second).await;
    stop(third).await;
}

/// Asserts that every command is answered, and the first answers of each key are in order. Returns the number of
/// duplicates.
fn duplicates(world: &World<'_>) -> usize {
    let events = world.client().read_all(world.events_topic());
    let mut seen = HashSet::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    // The events of one key are in one partition, and a reader returns those of a partition in order.
    for event in &events {
        let (number, key) = (number(event), event.key_text().expect("the command's key").to_owned());
        if seen.insert(number) {
            let before = last.insert(key, number);
            assert!(before.is_none_or(|before| before < number), "c-{number} was answered after c-{before:?}");
        }
    }
    assert_eq!(seen.len(), COMMANDS);
    events.len() - COMMANDS
}

async fn nothing_is_lost(protocol: GroupProtocol) {
    let Some(mut world) = World::real("instances", i32::try_from(PARTITIONS).expect("few")) else { return };
    world.config.group_protocol = protocol;
    if protocol == GroupProtocol::Classic {
        world.config.set_consumer_property("heartbeat.interval.ms", "200").expect("a property of the classic protocol");
    }
    let world = Arc::new(world);
    let writer = thread::spawn({
        let world = Arc::clone(&world);
        move || write(&world)
    });
    come_and_go(&world).await;
    writer.join().expect("the writer does not panic");
    let duplicates = duplicates(&world);
    // A graceful revocation causes none. A few are allowed, because a commit may fail during a rebalance.
    assert!(duplicates < COMMANDS / 20, "{duplicates} of {COMMANDS} commands were answered twice");
    assert_eq!(world.lag(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rebalances_lose_and_reorder_nothing() {
    nothing_is_lost(GroupProtocol::Consumer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebalances_of_a_classic_group_lose_and_reorder_nothing() {
    nothing_is_lost(GroupProtocol::Classic).await;
}
