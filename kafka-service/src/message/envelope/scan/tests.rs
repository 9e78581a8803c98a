use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;
use crate::message::envelope::{
    Envelope,
    decode::{Fields, long_way},
};

/// If the fast path has a result, it must be that of the slow path.
fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Some(found) = fields(bytes) else { return Ok(()) };
    let found = Fields::from(found);
    match long_way(bytes) {
        Ok(fields) => prop_assert_eq!(found, fields),
        Err(error) => prop_assert!(false, "{} is no JSON: {error}", String::from_utf8_lossy(bytes)),
    }
    Ok(())
}

/// JSON with whitespace, escapes and duplicates wherever the grammar allows them.
pub(in crate::message::envelope) fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        string(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[ {}]", items.join(" ,\n"))),
            proptest::collection::vec((string(), inner), 0..4).prop_map(|fields| object(&fields)),
        ]
    })
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof!["\"[a-z ]{0,20}\"", "\"([a-zé]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,6}\""]
}

fn object(fields: &[(String, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}\t: {value}")).collect();
    format!("{{{}\r}}", fields.join(", "))
}

fn name() -> impl Strategy<Value = String> {
    let known =
        ["type", "correlation_id", "timestamp", "source", "id", "payload", "other"].map(|name| format!("\"{name}\""));
    prop_oneof![4 => proptest::sample::select(known.to_vec()), 1 => string()]
}

fn envelope() -> impl Strategy<Value = String> {
    proptest::collection::vec((name(), prop_oneof![string(), json()]), 0..8).prop_map(|fields| object(&fields))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_scanner_agrees_with_serde_json_about_envelopes(text in envelope()) {
        agree(text.as_bytes())?;
    }

    /// One byte added, removed or changed, anywhere.
    #[test]
    fn the_scanner_agrees_with_serde_json_about_damaged_input(
        text in envelope(), place: proptest::sample::Index, byte in prop_oneof![any::<u8>(), proptest::sample::select(b"{}[]:,\"\\-+.eE01truefalsn \n".to_vec())], damage in 0u8..3,
    ) {
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        match damage {
            0 => bytes[place] = byte,
            1 => bytes.insert(place, byte),
            _ => bytes.truncate(place),
        }
        agree(&bytes)?;
    }

    #[test]
    fn the_scanner_accepts_every_payload_that_is_json(payload in json()) {
        let text = format!(r#"{{"type":"a","correlation_id":"b","payload":{payload}}}"#);
        prop_assert_eq!(fields(text.as_bytes()).and_then(|found| found.payload), Some(payload.as_str()));
        prop_assert!(serde_json::from_str::<IgnoredAny>(&payload).is_ok());
    }
}

#[test]
fn the_guides_layout_and_ours_take_the_fast_path() {
    let found = fields(br#"{"type": "a", "correlation_id": "b", "timestamp": "c", "payload": {"d": [1, -2.5e3, "\u00e9"]}, "source": "e"}"#).unwrap();
    let expected = Found {
        kind: Some("a"),
        correlation_id: Some("b"),
        timestamp: Some("c"),
        source: Some("e"),
        id: None,
        payload: Some(r#"{"d": [1, -2.5e3, "\u00e9"]}"#),
    };
    assert_eq!(found, expected);
    assert!(fields(br#"{"type":"a","correlation_id":"b","payload":{},"source":"c","id":"d","more":[{}]}"#).is_some());
}

#[test]
fn deep_nesting_takes_the_slow_path() {
    let text =
        |depth| format!(r#"{{"type":"a","correlation_id":"b","payload":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(fields(text(32).as_bytes()).is_some());
    assert!(fields(text(33).as_bytes()).is_none());
    assert!(Envelope::decode(Some(text(33).as_bytes())).is_ok());
}
