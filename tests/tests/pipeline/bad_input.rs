//! A bad record on the commands topic is kept byte for byte, with the reason, and the service continues.

use std::collections::HashMap;

use kafka_service::dead_letter;
use kafka_service_tests::{Message, Record};
use serde_json::{Value, json};

use crate::world::{World, command, on_each_broker};

/// A bad record, and what its dead letter must contain.
struct Bad {
    value: Option<Vec<u8>>,
    class: &'static str,
    /// A part of the error message.
    because: &'static str,
    handler: Option<&'static str>,
    attempts: &'static str,
}

fn envelope(value: impl Into<Vec<u8>>, because: &'static str) -> Bad {
    Bad { value: Some(value.into()), class: "invalid-envelope", because, handler: None, attempts: "0" }
}

fn payload(payload: &str, because: &'static str) -> Bad {
    let value = format!(r#"{{"type":"echo","correlation_id":"c","payload":{payload}}}"#);
    let (class, handler) =
        ("undecodable-payload", Some("`pipeline::handlers::echo` (tests/tests/pipeline/handlers.rs:"));
    Bad { value: Some(value.into_bytes()), class, because, handler, attempts: "1" }
}

fn all() -> Vec<Bad> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    vec![
        Bad { value: None, class: "invalid-envelope", because: "tombstone", handler: None, attempts: "0" },
        envelope("", "not JSON"),
        envelope("not json", "not JSON"),
        envelope(r#"{"type":"echo""#, "not JSON"),
        envelope(r#"{"type":"echo","correlation_id":"c"} x"#, "not JSON"),
        envelope(vec![0xff, 0xfe, 0x00], "not JSON"),
        envelope([&b"{\"type\":\"echo\",\"correlation_id\":\""[..], &[0xff], b"\"}"].concat(), "not JSON"),
        envelope("[1,2]", "an array"),
        envelope("\"text\"", "a string"),
        envelope("17", "a number"),
        envelope("null", "null"),
        envelope("{}", "missing envelope field `type`"),
        envelope(r#"{"correlation_id":"c"}"#, "missing envelope field `type`"),
        envelope(r#"{"type":"","correlation_id":"c"}"#, "`type` is empty"),
        envelope(r#"{"type":7,"correlation_id":"c"}"#, "`type` is a number"),
        envelope(r#"{"type":null,"correlation_id":"c"}"#, "`type`"),
        envelope(r#"{"type":"echo"}"#, "missing envelope field `correlation_id`"),
        envelope(r#"{"type":"echo","correlation_id":""}"#, "`correlation_id` is empty"),
        envelope(r#"{"type":"echo","correlation_id":{"a":1}}"#, "`correlation_id` is an object"),
        envelope(
            r#"{"type":"echo","correlationId":"c"}"#,
            "missing envelope field `correlation_id` (found `correlationId`)",
        ),
        envelope(r#"{"Type":"echo","correlation_id":"c"}"#, "missing envelope field `type` (found `Type`)"),
        envelope(
            r#"{"specversion":"1.0","type":"echo","id":"1","source":"/a","data":{}}"#,
            "a CloudEvent in structured mode",
        ),
        envelope("\u{feff}{\"type\":\"echo\",\"correlation_id\":\"c\"}", "byte order mark"),
        envelope(r#"{"type":"echo"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), "UTF-16"),
        envelope(b"\x1f\x8b\x08\0\0\0\0\0", "compressed with gzip"),
        envelope(b"\0\0\0\0\x2a{\"type\":\"echo\"}", "Schema Registry wire format (schema id 42"),
        envelope(b"Obj\x01\x04\x14avro.codec\x08null", "an Avro container"),
        envelope(deep("[", "]"), "an array"),
        envelope(deep("{\"a\":", "}"), "not JSON"),
        envelope(r#"{"type":"echo","correlation_id":"c","payload":{"text":NaN}}"#, "pass `allow_nan=False`"),
        payload(r#"{"text":5}"#, "`text`: invalid type: integer `5`, expected a string"),
        payload(r#"{"Text":"a"}"#, "missing field `text`; found `Text`"),
        payload("{}", "missing field `text`"),
        payload("null", "invalid payload for"),
        payload(&deep("[", "]"), "invalid payload for"),
        payload(&format!("{}1{}", "{\"text\":".repeat(200), "}".repeat(200)), "invalid type: map, expected a string"),
    ]
}

#[test]
fn bad_records_are_dead_lettered_byte_for_byte() {
    on_each_broker("bad", async |world| {
        let service = world.start().await;
        let bad = all();
        let message = |(number, bad): (usize, &Bad)| {
            let message = bad.value.clone().map_or_else(Message::tombstone, Message::new);
            message.key(format!("key-{number}")).header("trace", format!("t-{number}")).header("trace", [0xff, 0x00])
        };
        let positions = world.send_all(bad.iter().enumerate().map(message));
        for partition in 0..4 {
            world.send(command("echo", &format!("after-{partition}"), json!({"text": "x"})).partition(partition));
        }

        let dead: HashMap<_, _> =
            world.dead_letters(bad.len()).into_iter().map(|record| (record.key.clone(), record)).collect();
        let sent = world.client().read_all(world.commands());
        for (number, (bad, position)) in bad.iter().zip(positions).enumerate() {
            let key = format!("key-{number}").into_bytes();
            let dead = dead.get(&Some(key)).unwrap_or_else(|| panic!("no dead letter for number {number}"));
            let origin = sent.iter().find(|record| (record.partition, record.offset) == position).expect("written");
            check(&world, number, bad, origin, dead);
        }
        world.events(4);
        let health = service.health();
        assert_eq!(
            (health.dead_lettered, health.finished, health.received),
            (bad.len() as u64, 4, bad.len() as u64 + 4)
        );
        world.stop(service).await;
    });
}

fn check(world: &World<'_>, number: usize, bad: &Bad, origin: &Record, dead: &Record) {
    let what = format!("number {number}: {:.80}", String::from_utf8_lossy(bad.value.as_deref().unwrap_or_default()));
    assert_eq!(dead.value, bad.value, "{what}");
    let own: Vec<_> = dead.headers.iter().filter(|(name, _)| !name.starts_with("dlq.")).cloned().collect();
    let trace = |value: &[u8]| ("trace".to_owned(), Some(value.to_vec()));
    assert_eq!(own, [trace(format!("t-{number}").as_bytes()), trace(&[0xff, 0x00])], "{what}");

    let header = |name: &str| dead.header(name).unwrap_or("(missing)").to_owned();
    assert_eq!(header(dead_letter::TOPIC), world.commands(), "{what}");
    assert_eq!(header(dead_letter::PARTITION), origin.partition.to_string(), "{what}");
    assert_eq!(header(dead_letter::OFFSET), origin.offset.to_string(), "{what}");
    assert_eq!(header(dead_letter::TIMESTAMP), origin.timestamp.expect("the broker sets it").to_string(), "{what}");
    assert_eq!(header(dead_letter::GROUP), world.config.effective_group_id(), "{what}");
    assert_eq!(header(dead_letter::ERROR_CLASS), bad.class, "{what}");
    assert_eq!(header(dead_letter::ATTEMPTS), bad.attempts, "{what}");
    let reason = header(dead_letter::ERROR_MESSAGE);
    assert!(reason.contains(bad.because), "{what}: {reason}");
    let time: jiff::Timestamp = header(dead_letter::TIME).parse().expect("RFC 3339");
    assert!(time.as_millisecond() >= origin.timestamp.unwrap_or(0), "{what}");
    assert_eq!(dead.header(dead_letter::TYPE), bad.handler.map(|_| "echo"), "{what}");
    let handler = dead.header(dead_letter::HANDLER);
    assert_eq!(handler.is_some(), bad.handler.is_some(), "{what}: {handler:?}");
    assert!(handler.unwrap_or_default().starts_with(bad.handler.unwrap_or_default()), "{what}: {handler:?}");
}

#[test]
fn a_dead_letter_without_a_key_has_none() {
    on_each_broker("keyless", async |world| {
        let service = world.start().await;
        world.send(Message::new("no key"));
        assert_eq!(world.dead_letters(1)[0].key, None);
        world.stop(service).await;
    });
}

#[test]
fn a_replayed_dead_letter_keeps_its_first_origin() {
    on_each_broker("again", async |world| {
        let service = world.start().await;
        let (partition, offset) = world.send(Message::new("bad").key("k"));
        let first = world.dead_letters(1).remove(0);
        // Replay the dead letter: its bytes, key and headers go to the commands topic.
        let replay = first.headers.iter().fold(Message::new("bad").key("k"), |message, (name, value)| {
            message.header(name, value.clone().unwrap_or_default())
        });
        world.send(replay);
        let second = world.dead_letters(2).remove(1);
        let header = |name| second.header(name).map(str::to_owned);
        assert_eq!(header(dead_letter::PARTITION), Some(partition.to_string()));
        assert_eq!(header(dead_letter::OFFSET), Some(offset.to_string()));
        assert!(header(dead_letter::TIME) >= first.header(dead_letter::TIME).map(str::to_owned));
        assert_eq!(second.headers.len(), first.headers.len(), "no header is duplicated: {second:?}");
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_almost_a_megabyte_is_dead_lettered_whole() {
    // The broker accepts a batch of 1,048,588 bytes; librdkafka's limit of 1,000,000 is lower. The additional headers
    // of a dead letter must not make it too large for the topic.
    let Some(world) = World::real("megabyte", 1) else { return };
    let service = world.start().await;
    let value = "x".repeat(990_000);
    world.send(Message::new(value.clone()));
    let dead = world.dead_letters(1);
    assert!(dead[0].text() == value, "{} bytes", dead[0].text().len());
    let good: Value = json!({"text": "y".repeat(900_000)});
    world.send(command("echo", "c-1", good.clone()));
    assert_eq!(world.answer("c-1").json()["payload"], good);
    world.stop(service).await;
}
