use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::message::RecordTime;

fn failed<'a>(message: &'a str, handler: Option<&'a str>) -> Failed<'a> {
    Failed {
        origin: Origin {
            topic: "commands",
            partition: 3,
            offset: 4711,
            key: None,
            timestamp: Some(RecordTime::of_producer(1_700_000_000_123)),
        },
        group: "user-service-group",
        kind: handler.map(|_| "create_user"),
        handler,
        reason: Reason::HandlerError,
        message,
        attempts: 5,
        time: Timestamp::from_millisecond(1_795_000_000_456).unwrap(),
    }
}

fn texts(headers: &[Header]) -> HashMap<&str, &str> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), std::str::from_utf8(value.as_deref().unwrap()).unwrap()))
        .collect()
}

#[test]
fn every_header_has_its_value() {
    let headers = headers(Vec::new(), &failed("no stock", Some("shop::reserve (src/shop.rs:7)")));
    let expected = HashMap::from([
        (TOPIC, "commands"),
        (PARTITION, "3"),
        (OFFSET, "4711"),
        (TIMESTAMP, "1700000000123"),
        (GROUP, "user-service-group"),
        (TYPE, "create_user"),
        (HANDLER, "shop::reserve (src/shop.rs:7)"),
        (ERROR_CLASS, "handler-error"),
        (ERROR_MESSAGE, "no stock"),
        (ATTEMPTS, "5"),
        (TIME, "2026-11-18T11:06:40.456Z"),
    ]);
    assert_eq!(texts(&headers), expected);
}

#[test]
fn a_second_failure_keeps_the_origin_and_replaces_the_error() {
    let first = headers(vec![("trace".into(), Some(b"t".to_vec()))], &failed("first", Some("a (b:1)")));
    let mut second = failed("second", None);
    second.origin.topic = "commands-dlq";
    second.reason = Reason::Panic;
    let again = headers(first, &second);
    let texts = texts(&again);
    assert_eq!(texts.len(), again.len(), "no header stands twice");
    assert_eq!((texts[TOPIC], texts[OFFSET], texts["trace"]), ("commands", "4711", "t"));
    assert_eq!((texts[ERROR_MESSAGE], texts[ERROR_CLASS]), ("second", "panic"));
    assert!(!texts.contains_key(HANDLER));
}

/// The origin of a dead letter may have been written by any program.
#[test]
fn an_invalid_origin_is_replaced() {
    let text = |name: &str, value: &str| (name.to_owned(), Some(value.as_bytes().to_vec()));
    let forged = [
        vec![text(TOPIC, "orders")],
        vec![text(TOPIC, &"x".repeat(100_000)), text(PARTITION, "0"), text(OFFSET, "1")],
        vec![text(TOPIC, "orders"), text(PARTITION, "first"), text(OFFSET, "1")],
        vec![text(TOPIC, "orders"), text(PARTITION, "0"), (OFFSET.to_owned(), None)],
    ];
    for own in forged {
        let headers = headers(own, &failed("no stock", None));
        let texts = texts(&headers);
        assert_eq!((texts[TOPIC], texts[PARTITION], texts[OFFSET]), ("commands", "3", "4711"));
        assert_eq!(texts.len(), headers.len(), "no header stands twice");
    }
    let own = vec![text(TOPIC, "a"), text(TOPIC, "b"), text(PARTITION, "0"), text(OFFSET, "1"), text(OMITTED_KEY, "9")];
    let headers = headers(own, &failed("no stock", None));
    let texts = texts(&headers);
    assert_eq!(
        (texts[TOPIC], texts[OMITTED_KEY], texts.len()),
        ("a", "9", headers.len()),
        "what was left out stays said"
    );
}

proptest! {
    #[test]
    fn a_long_message_is_cut_between_characters(message in "\\PC{0,2000}") {
        let headers = headers(Vec::new(), &failed(&message, None));
        let text = texts(&headers)[ERROR_MESSAGE].to_owned();
        prop_assert!(text.len() <= MESSAGE_LIMIT && message.starts_with(&text));
        prop_assert!(text.len() + 4 > message.len().min(MESSAGE_LIMIT));
    }
}
