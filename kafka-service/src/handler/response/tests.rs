use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use super::*;

#[derive(Serialize, kafka_service_macros::Event)]
#[event("user.created", key = id, crate = crate)]
struct Created {
    id: u32,
}

#[derive(Serialize, kafka_service_macros::Event)]
#[event("user.greeted", crate = crate)]
struct Greeted;

#[derive(Serialize, kafka_service_macros::Event)]
#[event(crate = crate)]
enum Answer {
    #[event("payment.accepted", key = order)]
    Accepted { order: u64 },
    #[event("payment.refused", key = 0.id)]
    Refused(Created),
    #[event("payment.waiting")]
    Waiting,
}

/// JSON does not allow such keys, so serde_json refuses to write it.
#[derive(Serialize, kafka_service_macros::Event)]
#[event("bad.map", crate = crate)]
struct Unwritable {
    map: BTreeMap<(u8, u8), u8>,
}

#[derive(Debug, Error)]
#[error("no")]
struct No;

/// Runs a return value through the pipeline and returns the events as text, or the error.
fn run<R>(returned: R) -> Result<Vec<String>, HandlerError>
where
    R: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError>,
{
    let events = outcome(returned)?;
    assert_eq!((events.len(), events.is_empty()), (events.iter().count(), events.iter().next().is_none()));
    Ok(events.iter().map(text).collect())
}

fn text(event: EncodedEvent<'_>) -> String {
    let key = event.key.map_or("-", |key| std::str::from_utf8(key).unwrap());
    format!("{} {key} {}", event.event_type, std::str::from_utf8(event.payload).unwrap())
}

fn types<R: IntoOutcome<Events: IntoEvents>>() -> Vec<&'static str> {
    let mut list = Vec::new();
    R::Events::event_types(&mut list);
    list.iter().map(|event: &EventType| event.name).collect()
}

const CREATED: &str = r#"user.created 7 {"id":7}"#;
const GREETED: &str = "user.greeted - {}";

#[test]
fn every_return_type_is_published() {
    assert_eq!(run(()).unwrap(), [""; 0]);
    assert_eq!(run(Created { id: 7 }).unwrap(), [CREATED]);
    assert_eq!(run(Some(Greeted)).unwrap(), [GREETED]);
    assert_eq!(run(None::<Greeted>).unwrap(), [""; 0]);
    assert_eq!(run(vec![Created { id: 7 }, Created { id: 7 }]).unwrap(), [CREATED, CREATED]);
    assert_eq!(run((Created { id: 7 }, Greeted)).unwrap(), [CREATED, GREETED]);
    assert_eq!(run((Some(Greeted), vec![Created { id: 7 }], ())).unwrap(), [GREETED, CREATED]);
    assert_eq!(run((Greeted, Greeted, Greeted, Greeted, Greeted, Greeted, Greeted, Greeted)).unwrap(), [GREETED; 8]);
    assert_eq!(run(Ok::<_, No>(Some((Greeted, Created { id: 7 })))).unwrap(), [GREETED, CREATED]);
    assert_eq!(run(Err::<Greeted, _>(No)).unwrap_err().to_string(), "no");
}

#[test]
fn each_enum_variant_is_an_event_with_its_own_payload() {
    let answers = vec![Answer::Accepted { order: 3 }, Answer::Refused(Created { id: 7 }), Answer::Waiting];
    assert_eq!(
        run(answers).unwrap(),
        [r#"payment.accepted 3 {"order":3}"#, r#"payment.refused 7 {"id":7}"#, "payment.waiting - {}"]
    );
}

#[test]
fn the_event_types_are_known_from_the_return_type() {
    assert!(types::<()>().is_empty());
    assert_eq!(types::<Result<(Option<Created>, Vec<Greeted>), No>>(), ["user.created", "user.greeted"]);
    assert_eq!(types::<Answer>(), ["payment.accepted", "payment.refused", "payment.waiting"]);
}

#[test]
fn an_error_keeps_its_class() {
    assert!(!run(Err::<(), _>(No)).unwrap_err().is_permanent());
    assert!(run(Err::<(), _>(HandlerError::permanent(No))).unwrap_err().is_permanent());
}

#[test]
fn an_event_that_cannot_be_serialized_is_a_permanent_error() {
    let bad = Unwritable { map: BTreeMap::from([((1, 2), 3)]) };
    let error = run((Greeted, bad)).unwrap_err();
    assert!(error.is_permanent());
    assert_eq!(error.to_string(), "cannot encode event `bad.map`: key must be a string");
}

#[test]
fn the_buffer_of_dropped_events_serves_the_next_ones() {
    let events = outcome(Greeted).unwrap();
    let address = events.bytes.as_ptr();
    drop(events);
    let events = outcome((Created { id: 7 }, Greeted)).unwrap();
    assert_eq!(events.bytes.as_ptr(), address);
    assert_eq!(events.iter().map(text).collect::<Vec<_>>(), [CREATED, GREETED]);
}

#[test]
fn buffers_and_lists_are_allocated_only_if_needed() {
    assert_eq!(outcome(()).unwrap().bytes.capacity(), 0);
    assert_eq!(outcome(Greeted).unwrap().rest.capacity(), 0);
}

#[test]
fn debug_prints_no_payload() {
    let events = outcome(Created { id: 7 }).unwrap();
    assert_eq!(
        format!("{events:?}"),
        r#"[EncodedEvent { event_type: "user.created", key: Some("7"), payload_bytes: 8 }]"#
    );
}
