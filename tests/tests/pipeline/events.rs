//! Events that a service handles: those of other services, and its own.

use kafka_service::config::UnknownCommands;
use kafka_service::{Event, HandlerError, KafkaService, MessageContext, dead_letter};
use kafka_service_tests::wait_until;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::board::Board;
use crate::world::{PATIENCE, World, command, on_each_broker, sorted_member};

#[derive(Deserialize)]
struct PaymentSettled {
    order: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("order.released", key = order)]
struct OrderReleased {
    order: String,
}

/// Publishes an event for each payment, and rejects a payment without an order name.
fn releases(service: KafkaService) -> KafkaService {
    service.on_event("payment.settled", |_: MessageContext, PaymentSettled { order }: PaymentSettled| async move {
        if order.is_empty() {
            return Err(HandlerError::permanent("no order"));
        }
        Ok(OrderReleased { order })
    })
}

fn payment(correlation_id: &str, order: &str) -> kafka_service_tests::Message {
    command("payment.settled", correlation_id, json!({ "order": order })).key(order)
}

/// Waits until everything on the events topic is committed.
fn wait_for_events(world: &World<'_>) {
    wait_until(PATIENCE, "all events to be committed", || {
        match world.client().lag(&world.config.effective_group_id(), world.events_topic()) {
            0 => Ok(()),
            lag => Err(lag),
        }
    });
}

#[test]
fn an_event_of_another_service_is_handled_and_answered() {
    on_each_broker("events", async |mut world| {
        world.config.create_topics = true;
        let service = world.start_with(releases).await;
        world.client().produce(world.events_topic(), payment("c-1", "o-1"));
        world.send(command("echo", "c-2", json!({"text": "a command in between"})));
        let events = world.events(3);
        assert_eq!(sorted_member(&events, "/type"), ["order.released", "payment.settled", "test.echoed"]);
        let released =
            events.iter().find(|event| event.json()["type"] == "order.released").expect("the event is published");
        let value = released.json();
        assert_eq!(value["correlation_id"], "c-1", "the id of the handled event");
        assert_eq!((released.key_text(), &value["payload"]["order"]), (Some("o-1"), &json!("o-1")));
        wait_for_events(&world);
        let health = service.health();
        // It consumes its own events, without a handler for them.
        assert_eq!((health.finished, health.skipped, health.events), (2, 2, 2));
        world.stop(service).await;
    });
}

#[test]
fn a_service_consumes_its_own_events() {
    on_each_broker("events", async |mut world| {
        world.config.create_topics = true;
        let service = world
            .start_with(|service| {
                releases(service).on_event("order.released", |context: MessageContext, _: OrderReleased| async move {
                    context.state::<Board>()?.let_pass(1);
                    Ok::<_, HandlerError>(())
                })
            })
            .await;
        world.client().produce(world.events_topic(), payment("c-1", "o-1"));
        wait_until(PATIENCE, "the second handler to be called", || world.board.is_open());
        wait_for_events(&world);
        assert_eq!(service.health().finished, 2);
        world.stop(service).await;
    });
}

#[test]
fn a_failed_event_goes_to_the_dead_letter_topic_of_its_topic() {
    on_each_broker("events", async |mut world| {
        world.config.create_topics = true;
        // The setting applies to commands: an event without a handler is not a failure.
        world.config.unknown_commands = UnknownCommands::DeadLetter;
        let service = world.start_with(releases).await;
        world.client().produce(world.events_topic(), command("order.unknown", "c-0", json!({})));
        world.client().produce(world.events_topic(), payment("c-1", ""));
        world.client().produce(world.events_topic(), "no envelope");
        let topic = format!("{}-dlq", world.events_topic());
        let dead = world.client().read_count(&topic, PATIENCE, 2);
        let refused = dead.iter().find(|dead| dead.text().contains("payment.settled")).expect("it is dead-lettered");
        assert_eq!(refused.header(dead_letter::TOPIC), Some(world.events_topic()));
        assert_eq!(refused.header(dead_letter::ERROR_CLASS), Some("permanent-error"));
        assert!(
            refused.header(dead_letter::HANDLER).is_some_and(|handler| handler.contains("events.rs:")),
            "{refused:?}"
        );
        world.dead_letters(0);
        wait_for_events(&world);
        assert_eq!((service.health().dead_lettered, service.health().skipped), (2, 1));
        world.stop(service).await;
    });
}
