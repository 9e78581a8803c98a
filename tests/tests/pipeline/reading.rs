//! What a handler can read besides a decoded payload, and what is reported about a payload that does not decode.

use kafka_service::{Event, ExtraFields, Headers, RawPayload, command, dead_letter};
use kafka_service_tests::Message;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::world::{command, member, on_each_broker};

#[derive(Serialize, Event)]
#[event("test.read")]
struct Read {
    read: Vec<String>,
}

#[command("read_headers")]
async fn read_headers(headers: Headers, _: IgnoredAny) -> Read {
    let mut read: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    read.push(headers.get_str("trace").unwrap_or("(none)").to_owned());
    Read { read }
}

#[command("read_extra")]
async fn read_extra(extra: ExtraFields, _: IgnoredAny) -> Read {
    Read { read: extra.iter().map(|(name, value)| format!("{name}: {value}")).collect() }
}

#[command("read_raw")]
async fn read_raw(payload: RawPayload) -> Read {
    Read { read: vec![payload.as_str().to_owned()] }
}

#[command("read_value")]
async fn read_value(payload: Value) -> Read {
    Read { read: vec![payload.to_string()] }
}

#[derive(Deserialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    price: f64,
}

#[command("read_order")]
async fn read_order(Order { items }: Order) -> Read {
    Read { read: items.iter().map(|item| item.price.to_string()).collect() }
}

#[test]
fn a_command_that_waited_has_the_headers_of_its_record() {
    on_each_broker("headers", async |world| {
        let service = world.start().await;
        // They share a key, so that the second may have to wait and be copied.
        for id in ["c-1", "c-2"] {
            world.send(
                command("read_headers", id, json!({}))
                    .key("k")
                    .header("trace", "t-1")
                    .header("trace", id)
                    .header("a", [7]),
            );
        }
        for id in ["c-1", "c-2"] {
            let text: Vec<_> = id.bytes().map(|byte| byte.to_string()).collect();
            let trace = format!("trace: Some([{}])", text.join(", "));
            let read = json!(["trace: Some([116, 45, 49])", trace, "a: Some([7])", id]);
            assert_eq!(world.answer(id).json()["payload"]["read"], read);
        }
        world.stop(service).await;
    });
}

#[test]
fn optional_fields_of_other_types_fail_no_command() {
    on_each_broker("lenient", async |world| {
        let service = world.start().await;
        let send = |id: &str, fields: Value| {
            let mut message = json!({"type": "who_am_i", "correlation_id": id, "payload": {}});
            message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            world.send(Message::from(message));
            world.answer(id).json()["payload"].clone()
        };
        // As JavaScript's `Date.now()` and an outbox table write them.
        let seen = send("c-1", json!({"timestamp": 1_795_455_600_123_u64, "id": 4711, "source": 7}));
        assert_eq!(seen["timestamp"], 1_795_455_600_123_u64);
        assert_eq!((&seen["message_id"], &seen["source"]), (&json!("4711"), &json!("7")));
        // An invalid field is absent; the timestamp is then the record's.
        let seen = send("c-2", json!({"timestamp": {"seconds": 1}, "id": [1], "source": {"name": "orders"}}));
        assert!(seen["timestamp"].as_u64() > Some(1_600_000_000_000), "{seen}");
        assert_eq!((&seen["message_id"], &seen["source"]), (&Value::Null, &Value::Null));
        world.dead_letters(0);
        world.stop(service).await;
    });
}

#[test]
fn a_raw_payload_and_extra_fields_are_unchanged() {
    on_each_broker("raw", async |world| {
        let service = world.start().await;
        let raw = r#"{"type":"read_raw","correlation_id":"c-1","payload":{ "n":1.00, "a":[ ] },"version":2}"#;
        world.send(Message::new(raw));
        assert_eq!(world.answer("c-1").json()["payload"]["read"], json!([r#"{ "n":1.00, "a":[ ] }"#]));
        world.send(Message::new(r#"{"type":"read_raw","correlation_id":"c-2"}"#));
        assert_eq!(world.answer("c-2").json()["payload"]["read"], json!(["{}"]));
        let extra = r#"{"type":"read_extra","version":2,"correlation_id":"c-3","payload":{},"tags":["a"],"id":"m-1"}"#;
        world.send(Message::new(extra));
        assert_eq!(world.answer("c-3").json()["payload"]["read"], json!([r#"tags: ["a"]"#, "version: 2"]));
        world.send(command("read_value", "c-4", json!([null, 1])));
        assert_eq!(world.answer("c-4").json()["payload"]["read"], json!(["[null,1]"]));
        world.stop(service).await;
    });
}

#[test]
fn a_decode_error_in_a_dead_letter_names_the_path() {
    on_each_broker("path", async |world| {
        let service = world.start().await;
        world.send(command("read_order", "c-1", json!({"items": [{"price": 1}, {"price": "12"}]})).key("k"));
        let dead = world.dead_letters(1).remove(0);
        let header = |name| dead.header(name).unwrap_or("(none)");
        assert_eq!(
            header(dead_letter::ERROR_MESSAGE),
            "invalid payload for `pipeline::reading::Order`: `items[1].price`: invalid type: string \"12\", expected f64; \
             the number is encoded as a string; the producer should write it without quotes"
        );
        assert_eq!((header(dead_letter::TYPE), header(dead_letter::OFFSET)), ("read_order", "0"));
        assert!(header(dead_letter::HANDLER).contains("reading.rs:"), "{dead:?}");
        assert_eq!(member(std::slice::from_ref(&dead), "/correlation_id"), ["c-1"]);
        world.stop(service).await;
    });
}
