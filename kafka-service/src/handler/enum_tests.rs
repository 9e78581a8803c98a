//! Runs what the macros generate for handlers of an enum of events: the event type selects the variant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Event, Failure, HandlerFuture, States, testing::with_value};
use crate::registry::{self, Handler, Kind, Registry};

/// Uses what could disturb the selection: renamed, aliased and skipped variants, and renamed fields.
#[derive(Debug, PartialEq, Serialize, Deserialize, kafka_service_macros::Event)]
#[event(crate = crate)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
enum Outcome {
    #[event("enum.accepted", key = order)]
    #[serde(alias = "ok", alias = "A")]
    Accepted { order: u64, paid_by: Option<String> },
    #[event("enum.internal")]
    #[serde(skip)]
    Internal,
    #[event("enum.refused")]
    #[serde(rename = "no")]
    Refused(Refusal),
    #[event("enum.pending")]
    Pending,
    #[event("enum.moved")]
    Moved(u8, String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    #[serde(rename = "why")]
    reason: String,
}

/// Sees every outcome.
#[kafka_service_macros::event(retry(attempts = 2), crate = crate)]
async fn see(outcome: Outcome) -> Seen {
    Seen { outcome: format!("{outcome:?}") }
}

#[derive(Serialize, kafka_service_macros::Event)]
#[event("enum.seen", crate = crate)]
struct Seen {
    outcome: String,
}

/// Is only published, so it needs no `Deserialize`, and may have attributes that a received enum must not have.
#[derive(Serialize, kafka_service_macros::Event)]
#[event(crate = crate)]
#[serde(tag = "kind")]
enum Published {
    #[event("enum.published")]
    One { order: u64 },
}

#[derive(Deserialize, Serialize, kafka_service_macros::Event)]
#[event(crate = crate)]
enum Step {
    #[event("enum.started")]
    Started { at: String },
    #[event("enum.stopped")]
    Stopped,
}

/// Takes one of the types of its enum.
#[kafka_service_macros::event("enum.started", crate = crate)]
fn start(step: Step) -> Option<Seen> {
    let Step::Started { at } = step else { return None };
    Some(Seen { outcome: at })
}

/// Decodes by itself, with other variants in another order.
#[derive(Serialize, kafka_service_macros::Event)]
#[event(crate = crate)]
enum Swapped {
    #[event("enum.on")]
    On,
    #[event("enum.off")]
    Off,
}

impl<'de> Deserialize<'de> for Swapped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Other {
            Off,
            On,
        }
        Ok(match Other::deserialize(deserializer)? {
            Other::Off => Self::Off,
            Other::On => Self::On,
        })
    }
}

#[kafka_service_macros::event(crate = crate)]
async fn swap(_: Swapped) {}

/// A command whose payload is an enum is decoded as serde does it: a command names no variant.
#[kafka_service_macros::command("enum_step", crate = crate)]
async fn step(step: Step) -> Seen {
    Seen { outcome: step.event_type().to_owned() }
}

fn registered() -> Registry {
    Registry::from_handlers(registry::linked()).unwrap()
}

fn handler(kind: Kind, name: &str) -> Option<&'static Handler> {
    registered().get(kind, name)
}

fn invoke(kind: Kind, name: &str, payload: &str) -> Result<HandlerFuture, Failure> {
    let payload = if payload.is_empty() { String::new() } else { format!(r#","payload":{payload}"#) };
    let text = format!(r#"{{"type":"{name}","correlation_id":"c-1"{payload}}}"#);
    with_value(&text, &States::default(), |context| (handler(kind, name).unwrap().invoke)(context))
}

/// What a handler saw of an event, as the payload of the event that it returns.
async fn seen(name: &str, payload: &str) -> String {
    let events = invoke(Kind::Event, name, payload).unwrap().await.unwrap();
    let event = events.iter().next().unwrap();
    let mut seen: BTreeMap<String, String> = serde_json::from_slice(event.payload).unwrap();
    seen.remove("outcome").unwrap()
}

fn error(name: &str, payload: &str) -> String {
    match invoke(Kind::Event, name, payload).err() {
        Some(Failure::Decode(error)) => error.to_string(),
        other => panic!("a decode error: {other:?}"),
    }
}

#[test]
fn a_handler_of_an_enum_is_registered_for_every_type_that_can_be_received() {
    for name in ["enum.accepted", "enum.refused", "enum.pending", "enum.moved"] {
        let handler = handler(Kind::Event, name).unwrap();
        assert_eq!((handler.name, handler.function, handler.doc), (name, "see", "Sees every outcome."));
        assert_eq!(handler.retry.attempts, Some(2));
    }
    assert!(handler(Kind::Event, "enum.internal").is_none(), "serde skips it");
    assert!(handler(Kind::Event, "enum.stopped").is_none(), "the handler names the other type");
    let entries = registry::linked().filter(|handler| handler.function == "see");
    assert_eq!(entries.filter(|handler| !handler.repeats).count(), 1, "it was written once");
}

#[tokio::test]
async fn the_event_type_selects_the_variant() {
    let accepted = seen("enum.accepted", r#"{"order":7,"paidBy":"card","new":1}"#).await;
    assert_eq!(accepted, r#"Accepted { order: 7, paid_by: Some("card") }"#);
    let refused = seen("enum.refused", r#"{"why":"too late"}"#).await;
    assert_eq!(refused, r#"Refused(Refusal { reason: "too late" })"#);
    assert_eq!(seen("enum.moved", r#"[3,"b"]"#).await, r#"Moved(3, "b")"#);
    assert_eq!(seen("enum.started", r#"{"at":"5"}"#).await, "5");
}

#[tokio::test]
async fn a_variant_without_fields_takes_any_object() {
    for payload in ["{}", " { } ", "null", r#"{"added":[1],"later":{}}"#, ""] {
        assert_eq!(seen("enum.pending", payload).await, "Pending", "{payload}");
    }
    for payload in ["[]", "0", r#""Pending""#] {
        let error = error("enum.pending", payload);
        assert!(error.contains("expected an object"), "{error}");
    }
}

#[test]
fn a_payload_that_does_not_fit_names_its_path() {
    let cases = [
        ("enum.accepted", r#"{"order":"7"}"#, "`order`: invalid type: string \"7\", expected u64"),
        ("enum.accepted", r#"{"paidBy":"card"}"#, "missing field `order`"),
        ("enum.accepted", "", "missing envelope field `payload`"),
        ("enum.refused", r#"{"why":"a","x":1}"#, "`x`: unknown field `x`"),
        ("enum.moved", r#"[3,{"a":1}]"#, "`[1]`: invalid type: map, expected a string"),
        ("enum.moved", "[3]", "expected tuple variant"),
    ];
    for (name, payload, expected) in cases {
        let error = error(name, payload);
        assert!(error.contains(expected) && error.contains("enum_tests::Outcome"), "{name}: {error}");
    }
}

#[test]
fn another_variant_than_that_of_the_event_type_is_an_error() {
    assert_eq!(
        error("enum.on", "{}"),
        "invalid payload for `kafka_service::handler::enum_tests::Swapped`: the event type is `enum.on`, but `Deserialize` \
         returned a value with the event type `enum.off`"
    );
}

#[tokio::test]
async fn a_command_decodes_an_enum_as_serde_does() {
    let events = invoke(Kind::Command, "enum_step", r#"{"Started":{"at":"1"}}"#).unwrap().await.unwrap();
    assert_eq!(events.iter().next().unwrap().payload, br#"{"outcome":"enum.started"}"#);
}

#[tokio::test]
async fn what_an_enum_publishes_it_receives() {
    let outcomes = [
        Outcome::Accepted { order: 7, paid_by: None },
        Outcome::Refused(Refusal { reason: "late".to_owned() }),
        Outcome::Pending,
        Outcome::Moved(1, "a".to_owned()),
    ];
    for outcome in outcomes {
        let mut payload = Vec::new();
        outcome.serialize_payload(&mut serde_json::Serializer::new(&mut payload)).unwrap();
        let payload = String::from_utf8(payload).unwrap();
        assert_eq!(seen(outcome.event_type(), &payload).await, format!("{outcome:?}"));
    }
    assert_eq!(Outcome::Internal.event_type(), "enum.internal");
    assert_eq!(Published::One { order: 1 }.event_type(), "enum.published");
}
