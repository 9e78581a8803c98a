use serde::{Deserialize, de::DeserializeOwned};

use super::*;
use crate::handler::{
    States,
    payload::decode,
    testing::{with_message, with_value},
};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Item {
    price: f64,
    count: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Order {
    user_id: String,
    #[serde(default)]
    items: Vec<Item>,
    at: Option<jiff::Timestamp>,
    paid: Option<bool>,
}

/// The part of the error message after the type name.
fn said<T: DeserializeOwned + fmt::Debug>(payload: &str) -> String {
    let error = with_message(payload, &States::default(), decode::<T>).unwrap_err().to_string();
    let beginning = format!("invalid payload for `{}`: ", std::any::type_name::<T>());
    error.strip_prefix(&beginning).unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn an_error_names_type_path_expected_and_found() {
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","items":[{"price":1},{"price":2},{"price":3},{"price":true}]}"#),
        "`items[3].price`: invalid type: boolean `true`, expected f64"
    );
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","items":[{"price":1,"count":-1}]}"#),
        "`items[0].count`: invalid value: integer `-1`, expected u32"
    );
    assert_eq!(said::<Order>("{}"), "missing field `user_id`");
    assert_eq!(said::<Order>("7"), format!("invalid type: integer `7`, expected struct Order"));
}

#[test]
fn a_number_or_a_boolean_in_a_string_is_named() {
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","items":[{"price":"12"}]}"#),
        "`items[0].price`: invalid type: string \"12\", expected f64; the number is encoded as a string; the producer \
         should write it without quotes"
    );
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","paid":"true"}"#),
        "`paid`: invalid type: string \"true\", expected a boolean; the boolean is encoded as a string; the \
         producer should write it without quotes"
    );
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","items":[{"price":"twelve"}]}"#),
        "`items[0].price`: invalid type: string \"twelve\", expected f64"
    );
}

#[test]
fn a_timestamp_without_a_zone_is_named() {
    let said_of = |at: &str| said::<Order>(&format!(r#"{{"user_id":"u","at":"{at}"}}"#));
    for at in ["2026-11-23T17:40:00.123456", "2026-11-23 17:40:00"] {
        let text = said_of(at);
        assert!(text.starts_with("`at`: ") && text.ends_with(&format!("; {NO_ZONE}")), "{text}");
    }
    for at in ["2026-11-23T17:40", "2026-11-23T17:40:00.", "2026-13-23T17:40:00Z", "today"] {
        assert!(!said_of(at).contains(NO_ZONE), "{at}");
    }
}

#[test]
fn the_other_spelling_of_a_missing_field_is_named() {
    assert_eq!(
        said::<Order>(r#"{"userId":"u"}"#),
        "missing field `user_id`; found `userId`; rename it to `user_id` in the producer, or add \
         `#[serde(alias = \"userId\")]` to the field or `#[serde(rename_all = \"..\")]` to the type"
    );
    assert!(
        said::<Order>(r#"{"user_id":"u","items":[{"Price":1}]}"#)
            .starts_with("`items[0]`: missing field `price`; found `Price`")
    );
    assert_eq!(said::<Order>(r#"{"user":"u"}"#), "missing field `user_id`");
}

#[test]
fn null_for_a_number_and_json_in_a_string_are_named() {
    let null = said::<Order>(r#"{"user_id":"u","items":[{"price":null}]}"#);
    assert!(null.contains("`items[0].price`: invalid type: null, expected f64; "), "{null}");
    assert!(null.ends_with("`JSON.stringify` writes NaN and Infinity as null"), "{null}");
    let twice = said::<Order>(r#""{\"user_id\":\"u\"}""#);
    assert!(twice.ends_with("; this is JSON in a string; the producer encoded it twice"), "{twice}");
}

#[test]
fn a_custom_deserialize_error_is_reported_with_its_path() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Name;
    impl TryFrom<String> for Name {
        type Error = &'static str;
        fn try_from(_: String) -> Result<Self, Self::Error> {
            Err("a name must not be empty")
        }
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct User {
        name: Name,
    }
    assert_eq!(said::<User>(r#"{"name":""}"#), "`name`: a name must not be empty");
}

#[test]
fn a_long_text_is_truncated() {
    let text = said::<Order>(&format!(r#"{{"user_id":"u","items":[{{"price":"{}"}}]}}"#, "ä".repeat(10_000)));
    assert!(text.len() < 400 && text.ends_with("expected f64"), "{text}");
}

#[test]
fn a_number_out_of_range_is_an_error_of_the_json() {
    assert_eq!(
        said::<Order>(r#"{"user_id":"u","items":[{"price":1e999}]}"#),
        "`items[0].price`: number out of range at line 1 column 38"
    );
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Tree {
    branch: Option<Box<Self>>,
}

/// Regression: the path filled all the room that a header and the log have, so the reason was cut off.
#[test]
fn a_payload_nested_too_deeply_is_reported_with_a_short_path() {
    let deep = format!("{}null{}", r#"{"branch":"#.repeat(200), "}".repeat(200));
    let error = said::<Tree>(&deep);
    assert!(error.contains("recursion limit exceeded"), "{error}");
    assert!(error.starts_with("`branch.branch."), "{error}");
    assert!(error.contains("branch….branch"), "{error}");
    assert!(error.contains("; nesting is limited to 127 levels"), "{error}");
    assert!(error.len() < 512, "{} bytes: {error}", error.len());
}

#[test]
fn a_long_name_does_not_hide_the_reason() {
    let name = "n".repeat(100_000);
    let error = said::<std::collections::HashMap<String, Vec<u8>>>(&format!(r#"{{"{name}":[1,true]}}"#));
    assert!(error.contains("…") && error.ends_with("invalid type: boolean `true`, expected u8"), "{error}");
    assert!(error.len() < 1024, "{} bytes", error.len());
}

#[test]
fn a_missing_payload_is_reported() {
    let decoded = |value: &str| with_value(value, &States::default(), decode::<Order>).unwrap_err().to_string();
    let error = decoded(r#"{"type":"a","correlation_id":"b","Payload":{"user_id":"u"}}"#);
    assert!(error.starts_with("missing envelope field `payload` (found `Payload`); the default `{}`"), "{error}");
    assert!(error.contains("missing field `user_id`"), "{error}");
    let error = decoded(r#"{"type":"a","correlation_id":"b","specversion":"1.0","id":"1","source":"/a","data":{}}"#);
    assert!(
        error.starts_with("missing envelope field `payload`: the value is a CloudEvent in structured mode"),
        "{error}"
    );
    let error = decoded(r#"{"type":"a","correlation_id":"b"}"#);
    assert!(error.starts_with("missing envelope field `payload`; the default `{}` does not decode"), "{error}");
}
