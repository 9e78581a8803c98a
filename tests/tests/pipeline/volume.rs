//! Many commands at full speed.

use kafka_service_tests::Record;
use serde_json::json;

use crate::world::{PATIENCE, World, command, sorted_member};

const COMMANDS: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_commands_get_ten_thousand_answers() {
    let Some(world) = World::real("volume", 8) else { return };
    // Like the guide's clients, without a key. Half are written before the service starts, half while it runs.
    let id = |n: usize| format!("c-{n:05}");
    let commands =
        |numbers: std::ops::Range<usize>| numbers.map(move |n| command("echo", &id(n), json!({"text": n.to_string()})));
    world.send_all(commands(0..COMMANDS / 2));
    let service = world.start().await;
    world.send_all(commands(COMMANDS / 2..COMMANDS));

    let events = world.client().read_count(world.events_topic(), PATIENCE, COMMANDS);
    assert!(sorted_member(&events, "/correlation_id").into_iter().eq((0..COMMANDS).map(id)), "each exactly once");
    let echoed = |event: &Record| {
        event.json()["correlation_id"]
            == id(event.json()["payload"]["text"].as_str().and_then(|n| n.parse().ok()).unwrap_or(COMMANDS))
    };
    assert!(events.iter().all(echoed), "every answer belongs to its command");
    world.wait_for_commits();
    let health = service.health();
    assert_eq!((health.received, health.finished, health.events), (10_000, 10_000, 10_000));
    world.stop(service).await;
}
