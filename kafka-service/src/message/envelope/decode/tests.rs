use proptest::prelude::*;

use super::*;

fn decode(text: &str) -> Result<Envelope<'_>, EnvelopeError> {
    Envelope::decode(Some(text.as_bytes()))
}

#[test]
fn reads_the_guides_layout_without_copying() {
    let envelope = decode(
        r#"{"type": "create_user", "correlation_id": "c-1", "timestamp": "2026-11-23T17:40:00.123456",
            "payload": {"name": "Ada"}, "source": "web", "extra": [1, {"a": null}]}"#,
    )
    .unwrap();
    assert!(matches!(envelope.kind, Cow::Borrowed("create_user")));
    assert!(matches!(envelope.correlation_id, Cow::Borrowed("c-1")));
    assert_eq!(envelope.timestamp.as_deref(), Some("2026-11-23T17:40:00.123456"));
    assert_eq!(envelope.source.as_deref(), Some("web"));
    assert_eq!(envelope.id, None);
    assert_eq!(envelope.payload_text(), r#"{"name": "Ada"}"#);
}

#[test]
fn a_missing_payload_is_an_empty_object_and_null_stays_null() {
    assert_eq!(decode(r#"{"type":"a","correlation_id":"b"}"#).unwrap().payload_text(), "{}");
    assert_eq!(decode(r#"{"type":"a","correlation_id":"b","payload":null}"#).unwrap().payload_text(), "null");
}

#[test]
fn the_last_of_duplicate_fields_counts() {
    let envelope = decode(r#"{"type":1,"payload":1,"correlation_id":"x","type":"b","payload":2}"#).unwrap();
    assert_eq!((envelope.kind.as_ref(), envelope.payload_text()), ("b", "2"));
}

#[test]
fn escaped_names_and_values_are_understood() {
    let envelope = decode(r#"{"ty\u0070e":"caf\u00e9","correlation_id":"a\"b"}"#).unwrap();
    assert_eq!((envelope.kind.as_ref(), envelope.correlation_id.as_ref()), ("café", "a\"b"));
}

#[test]
fn every_defect_has_its_own_message() {
    let cases = [
        (
            "nul",
            "value is not JSON: it is plain text; the producer should write a JSON object such as {\"type\": \"..\", \"correlation_id\": \"..\", \"payload\": {}}",
        ),
        ("{\"type\": \"a\"", "value is not JSON: EOF while parsing an object at line 1 column 12"),
        ("{} x", "value is not JSON: trailing characters at line 1 column 4"),
        ("[1]", "value is an array; expected a JSON object with the fields `type` and `correlation_id`"),
        ("17", "value is a number; expected a JSON object with the fields `type` and `correlation_id`"),
        ("{}", "missing envelope field `type`"),
        (r#"{"type":null}"#, "missing envelope field `type`"),
        (r#"{"type":" "}"#, "envelope field `type` is empty"),
        (r#"{"type":7}"#, "envelope field `type` is a number; expected a string"),
        (r#"{"type":"a"}"#, "missing envelope field `correlation_id`"),
        (r#"{"type":"a","correlation_id":""}"#, "envelope field `correlation_id` is empty"),
        (
            r#"{"type":"a","correlation_id":{"b":[]}}"#,
            "envelope field `correlation_id` is an object; expected a string",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(decode(text).unwrap_err().to_string(), expected, "for {text}");
    }
    assert_eq!(Envelope::decode(None).unwrap_err(), EnvelopeError::NoValue);
}

#[test]
fn invalid_utf8_is_not_json() {
    assert!(matches!(Envelope::decode(Some(b"{\"type\":\"\xff\"}")), Err(EnvelopeError::NotJson(_))));
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let text = format!(r#"{{"type":"a","correlation_id":"b","payload":{}}}"#, "[".repeat(100_000));
    assert!(matches!(decode(&text), Err(EnvelopeError::NotJson(_))));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let closed = format!(r#"{{"type":"a","correlation_id":"b","payload":{deep}}}"#);
    assert_eq!(decode(&closed).unwrap().payload_text(), deep);
}

/// An optional field must not fail the command.
#[test]
fn an_optional_field_of_another_type_is_read_if_scalar() {
    let read = |field: &str, value: &str| {
        let text = format!(r#"{{"type":"a","{field}":{value},"correlation_id":"b"}}"#);
        let Envelope { timestamp, source, id, ignored, .. } = Envelope::decode(Some(text.as_bytes())).unwrap();
        let fields = [timestamp, source, id].into_iter().flatten().next().map(Cow::into_owned);
        (fields, ignored.fields().map(|(field, found)| format!("{field}: {found}")).collect::<Vec<_>>())
    };
    let text = |text: &str| (Some(text.to_owned()), Vec::new());
    assert_eq!(read("timestamp", "1795455600123"), text("2026-11-23T17:40:00.123Z"));
    assert_eq!(read("id", "12345678901234567890123"), text("12345678901234567890123"), "all digits are kept");
    assert_eq!(read("id", "-1.50"), text("-1.50"));
    assert_eq!(read("source", "7"), text("7"));
    assert_eq!(read("source", "null"), (None, Vec::new()));
    for field in ["timestamp", "source", "id"] {
        for (value, found) in [
            ("true", "a boolean"),
            ("[1,[2]]", "an array"),
            (r#"{"name":"orders"}"#, "an object"),
            (r#""\ud800""#, "a string with an unpaired surrogate"),
        ] {
            assert_eq!(read(field, value), (None, vec![format!("{field}: {found}")]));
        }
    }
    assert_eq!(read("timestamp", "1795455600.123"), (None, vec!["timestamp: a number".to_owned()]));
}

#[test]
fn an_ignored_field_may_be_nested_deeply() {
    let deep =
        format!(r#"{{"type":"a","source":{}{},"correlation_id":"b"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(!decode(&deep).unwrap().ignored.is_empty());
}

proptest! {
    /// Whatever the optional fields contain, the other fields are unaffected.
    #[test]
    fn a_bad_optional_field_never_fails_the_message(
        timestamp in scan::json(), source in scan::json(), id in scan::json(),
    ) {
        let text = format!(r#"{{"type":"a","timestamp":{timestamp},"source":{source},"correlation_id":"b","id":{id}}}"#);
        let envelope = decode(&text).unwrap();
        prop_assert_eq!((envelope.kind.as_ref(), envelope.correlation_id.as_ref()), ("a", "b"));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Envelope::decode(Some(&bytes)));
    }

    #[test]
    fn an_envelope_from_serde_json_is_decoded(kind in "\\PC*[a-z]\\PC*", id in "\\PC*[a-z]\\PC*", number in any::<i64>()) {
        let text = serde_json::json!({
            "payload": {"n": number, "t": kind}, "correlation_id": id, "type": kind, "id": id
        }).to_string();
        let envelope = decode(&text).unwrap();
        prop_assert_eq!(envelope.kind.as_ref(), kind.as_str());
        prop_assert_eq!(envelope.correlation_id.as_ref(), id.as_str());
        prop_assert_eq!(envelope.id.as_deref(), Some(id.as_str()));
        let payload: serde_json::Value = serde_json::from_str(envelope.payload_text()).unwrap();
        prop_assert_eq!(payload, serde_json::json!({"n": number, "t": kind}));
    }
}
