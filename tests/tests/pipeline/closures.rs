//! Handlers that a program adds at run time.

use kafka_service::{HandlerError, MessageContext};
use serde_json::{Value, json};

use crate::handlers::{Echoed, Prefix, Text};
use crate::world::{command, member, on_each_broker};

#[test]
fn a_closure_handles_commands_with_its_state_and_message() {
    on_each_broker("closure", async |world| {
        let service = world
            .start_with(|service| {
                service.on_command("shout", |context: MessageContext, Text { text }: Text| async move {
                    let Prefix(prefix) = context.state()?;
                    let offset = context.meta().offset();
                    let said = json!({ "offset": offset });
                    context.publisher().publish_event("test.said", said).await?;
                    let id = context.correlation_id();
                    Ok::<_, HandlerError>(Echoed { text: format!("{prefix}{text} ({id})") })
                })
            })
            .await;
        let (_, offset) = world.send(command("shout", "c-1", json!({"text": "x"})).key("k"));
        let events = world.events(2);
        assert_eq!(member(&events, "/correlation_id"), ["c-1", "c-1"]);
        let payload = |kind: &str| -> Value {
            events.iter().map(kafka_service_tests::Record::json).find(|event| event["type"] == kind).expect(kind)["payload"].clone()
        };
        assert_eq!(payload("test.said"), json!({ "offset": offset }));
        assert_eq!(payload("test.echoed"), json!({"text": ">x (c-1)"}));
        world.stop(service).await;
    });
}

#[test]
fn a_closure_that_panics_fails_the_attempt() {
    on_each_broker("closure", async |world| {
        let service = world
            .start_with(|service| {
                service.on_command("fragile", |context: MessageContext, _: Value| {
                    assert!(context.meta().attempt() > 1, "not at the first attempt");
                    async { Echoed { text: "whole".to_owned() } }
                })
            })
            .await;
        world.send(command("fragile", "c-1", json!({})));
        world.answer("c-1");
        assert_eq!(service.health().retries, 1);
        world.stop(service).await;
    });
}
