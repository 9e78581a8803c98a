use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::{
    Publisher,
    handler::{States, testing::with_message},
};

#[derive(Clone, Debug, PartialEq)]
struct Tenants(&'static str);

/// An extractor as a user writes it: composed of others, and part of the next.
#[derive(Debug, PartialEq)]
struct Tenant(String);

impl FromContext for Tenant {
    type Needs = (Meta, State<Tenants>);

    fn from_context((meta, State(tenants)): Self::Needs) -> Result<Self, HandlerError> {
        let source = meta.source().ok_or("no source")?;
        if source == tenants.0 { Ok(Self(source.to_owned())) } else { Err(HandlerError::permanent("unknown tenant")) }
    }
}

struct Greeting(String);

impl FromContext for Greeting {
    type Needs = (Tenant, CorrelationId, State<u8>);

    fn from_context((tenant, id, State(times)): Self::Needs) -> Result<Self, HandlerError> {
        Ok(Self(format!("{} {id} {times}", tenant.0)))
    }
}

fn states() -> States {
    let mut states = States::default();
    states.insert(Tenants("shop"));
    states.insert(5_u8);
    states
}

#[test]
fn meta_has_the_position_of_the_message() {
    let meta = with_message("{}", &states(), Meta::extract).unwrap();
    assert_eq!((meta.topic(), meta.partition(), meta.offset()), ("commands", 3, 42));
    assert_eq!(
        (meta.key(), meta.timestamp(), meta.attempt()),
        (Some(&b"k"[..]), Some(UNIX_EPOCH + Duration::from_millis(1_700_000)), 2)
    );
    assert_eq!((meta.source(), meta.message_id()), (Some("shop"), Some("m-1")));
}

#[test]
fn an_extractor_can_use_other_extractors() {
    let greeting = with_message("{}", &states(), Greeting::extract).unwrap();
    assert_eq!(greeting.0, "shop c-1 5");
}

#[test]
fn an_extractor_can_fail() {
    let mut states = states();
    states.insert(Tenants("other"));
    let error = with_message("{}", &states, Tenant::extract).unwrap_err();
    assert!(error.is_permanent());
    assert_eq!(error.to_string(), "unknown tenant");
}

#[test]
fn required_states_are_known_without_a_message() {
    let mut needs = Needs::default();
    <(Greeting, State<u8>, Publisher)>::needs(&mut needs);
    let names: Vec<_> = needs.states.iter().map(|need| need.name).collect();
    assert_eq!(names, [std::any::type_name::<Tenants>(), "u8", "u8"]);
    assert!(needs.publisher);
}

#[test]
fn a_missing_state_is_named() {
    let error = with_message("{}", &States::default(), State::<u8>::extract).unwrap_err();
    assert_eq!(error.to_string(), "state `u8` was never provided: add `.state(value)`");
}
