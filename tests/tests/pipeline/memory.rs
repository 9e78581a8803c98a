//! The records behind a handler that never returns are bounded in bytes, not only in number.

use kafka_service::Error;
use kafka_service_tests::{Message, wait_until};
use serde_json::json;
use std::time::Duration;

use crate::world::{PATIENCE, World, command};

const RECORD: usize = 100_000;
const RECORDS: usize = 800;
/// A partition's share of waiting records (16 MiB), and what was already sent to the dispatcher: some batches, each at
/// most a prefetch of 2 MiB and a fetch.
const BOUND: usize = (16 + 20) * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn memory_behind_a_handler_that_never_returns_is_bounded() {
    let Some(mut world) = World::real("memory", 2) else { return };
    world.config.shutdown_deadline = Duration::from_secs(1);
    world.config.set_consumer_property("queued.max.messages.kbytes", "2048").expect("a property of the consumer");
    let service = world.start().await;
    world.send(command("never_end", "stuck", json!({})).partition(0).key("hot"));
    let text = "x".repeat(RECORD);
    let behind = |n: usize| -> Message {
        command("echo", &format!("behind-{n}"), json!({"text": text})).partition(0).key("hot")
    };
    world.send_all((0..RECORDS).map(behind));
    wait_until(PATIENCE, "records to wait", || match service.health() {
        health if health.waiting_bytes > 8 * 1024 * 1024 => Ok(()),
        health => Err(format!("{health:?}")),
    });

    // The other partition continues, which also shows that the first had time to take more.
    for round in 0..20 {
        let id = format!("beside-{round}");
        world.send(command("echo", &id, json!({"text": "x"})).partition(1));
        world.answer(&id);
        let health = service.health();
        assert!(health.waiting_bytes < BOUND, "{health:?}");
        assert!((health.received as usize) < RECORDS, "{health:?}");
    }
    let stopped = service.shutdown().await;
    assert!(matches!(stopped, Err(Error::Incomplete { commands: 1, .. })), "{stopped:?}");
}
