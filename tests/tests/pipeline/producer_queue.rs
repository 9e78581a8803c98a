//! A producer with a full queue: nothing is lost, and order is kept.

use futures_util::future::join_all;
use serde_json::json;

use crate::world::{World, command, member, on_each_broker, sorted_member};

fn small_queue(world: &mut World<'_>) {
    world.config.set_producer_property("queue.buffering.max.messages", "10").expect("a producer property");
}

#[test]
fn a_full_queue_loses_nothing_and_keeps_the_order_of_each_key() {
    on_each_broker("full", async |mut world| {
        small_queue(&mut world);
        let service = world.start().await;
        world.send_all((0..1_000).map(|n| {
            let key = format!("key-{}", n % 5);
            command("echo", &format!("c-{n}"), json!({"text": format!("{n:04}")})).key(key)
        }));
        let events = world.events(1_000);
        for key in 0..5 {
            let key = format!("key-{key}");
            let of_key: Vec<_> = events.iter().filter(|event| event.key_text() == Some(&key)).cloned().collect();
            let texts = member(&of_key, "/payload/text");
            assert!(texts.len() == 200 && texts.is_sorted(), "{key}: {texts:?}");
        }
        world.stop(service).await;
    });
}

#[test]
fn a_command_can_have_more_events_than_the_queue_holds() {
    on_each_broker("many", async |mut world| {
        small_queue(&mut world);
        let service = world.start().await;
        for n in 0..10 {
            world.send(command("many", &format!("c-{n}"), json!({"number": 50})));
        }
        world.events(500);
        world.wait_for_commits();
        // Even if there is only one command, and nothing else wakes the service.
        world.send(command("many", "alone", json!({"number": 25})));
        world.events(525);
        world.stop(service).await;
    });
}

#[test]
fn dead_letters_and_publications_wait_for_queue_space_too() {
    on_each_broker("dead", async |mut world| {
        small_queue(&mut world);
        let service = world.start().await;
        world.send_all((0..300).map(|n| command("refuse", &format!("c-{n}"), json!({}))));
        let publisher = service.publisher();
        let publish =
            |n: usize| publisher.publish_event("report.counted", json!(n)).correlation_id("c-1").into_future();
        let results = join_all((0..200).map(publish)).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        world.events(200);
        let mut ids = sorted_member(&world.dead_letters(300), "/correlation_id");
        ids.dedup();
        assert_eq!(ids.len(), 300);
        world.stop(service).await;
    });
}
