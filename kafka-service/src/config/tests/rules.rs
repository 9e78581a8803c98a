use std::collections::BTreeSet;
use std::time::Duration;

use super::{ALL, PLAIN, bad, good, problem, read_for};
use crate::config::{Brokers, Config, Features, GroupProtocol};

fn problems(change: impl FnOnce(&mut Config)) -> Vec<String> {
    let mut config = Config::new("orders");
    change(&mut config);
    config.validate_for(ALL, |_| BTreeSet::new()).err().map(|error| error.problems().to_vec()).unwrap_or_default()
}

#[test]
fn the_defaults_are_valid() {
    assert!(problems(|_| {}).is_empty());
    assert_eq!(Config::new("orders").validate().is_ok(), cfg!(feature = "kafka"));
}

#[test]
fn problems_in_code_name_the_field() {
    let found = problems(|config| {
        config.service_name.clear();
        config.group_id = Some(" ".into());
        config.max_in_flight = 0;
        config.max_uncommitted = 0;
        config.handler_timeout = Duration::ZERO;
        config.publish_timeout = Duration::ZERO;
        config.shutdown_deadline = Duration::MAX;
        config.retry.attempts = 0;
        config.retry.backoff_min = Duration::from_secs(20);
        config.commands_topics.clear();
        config.events_topic = "..".into();
    });
    let expected = [
        "`service_name` = ``: must not be empty",
        "`group_id` = ` `: must not be empty",
        "`commands_topics` = ``: must name at least one topic",
        "`events_topic` = `..`: `.` and `..` are not topic names",
        "`max_in_flight` = `0`: expected a whole number from 1 to 1000000",
        "`max_uncommitted` = `0`: expected a whole number from 1 to 100000000",
        "`retry.attempts` = `0`: expected a whole number from 1 to 1000000",
        "`retry.backoff_min..backoff_max` = `20s..10s`: the initial backoff must not exceed the maximum",
        "`handler_timeout` = `0s`: must be greater than zero and at most `720h`",
        "`publish_timeout` = `0s`: must be greater than zero and at most `720h`",
    ];
    assert_eq!(found[..expected.len()], expected);
    assert!(found[expected.len()].starts_with("`shutdown_deadline` = "), "{found:#?}");
}

#[test]
fn backoff_needs_a_minimum() {
    let found = problem(&[("KAFKA_RETRY_BACKOFF", "0s..1s")]);
    assert_eq!(found, "`KAFKA_RETRY_BACKOFF` = `0s..1s`: must be greater than zero and at most `720h`");
    assert!(problem(&[("KAFKA_RETRY_BACKOFF", "10s..200ms")]).contains("must not exceed"));
    good(&[("KAFKA_RETRY_BACKOFF", "1s..1s")]);
}

#[test]
fn topics_have_legal_names() {
    let long = "x".repeat(249);
    for name in ["a", "a.b_c-D9", "...", long.as_str()] {
        good(&[("KAFKA_EVENTS_TOPIC", name)]);
    }
    let longer = "x".repeat(250);
    let allowed = "a topic name has 1 to 249 characters of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`";
    for (name, what) in [("", "is empty"), ("a b", "contains ` `"), ("ä", "contains `ä`"), ("a/b", "contains `/`")] {
        let found = problem(&[("KAFKA_EVENTS_TOPIC", name)]);
        assert_eq!(found, format!("`KAFKA_EVENTS_TOPIC` = `{name}`: {what}: {allowed}"));
    }
    assert!(problem(&[("KAFKA_EVENTS_TOPIC", &longer)]).contains("has 250 characters"));
    assert!(problem(&[("KAFKA_EVENTS_TOPIC", ".")]).contains("are not topic names"));
    assert!(problem(&[("KAFKA_COMMANDS_TOPIC", "^orders.*")]).contains("contains `^`"));
}

#[test]
fn topic_lists_name_each_topic_once() {
    let found = bad(&[("KAFKA_COMMANDS_TOPIC", "a,b,a"), ("KAFKA_SUBSCRIBED_EVENTS_TOPICS", "c,c,b")]);
    let expected = [
        "`KAFKA_COMMANDS_TOPIC` = `a`: is listed more than once",
        "`KAFKA_SUBSCRIBED_EVENTS_TOPICS` = `c`: is listed more than once",
    ];
    assert_eq!(found, expected);
    good(&[("KAFKA_COMMANDS_TOPIC", "a,b"), ("KAFKA_SUBSCRIBED_EVENTS_TOPICS", "b")]);
}

#[test]
fn consumed_and_events_topics_cannot_take_dead_letters() {
    let topics = [("KAFKA_COMMANDS_TOPIC", "a,b"), ("KAFKA_SUBSCRIBED_EVENTS_TOPICS", "c")];
    let with = |name| [topics.as_slice(), &[("KAFKA_DEAD_LETTER_TOPIC", name)]].concat();
    for name in ["a", "b", "c"] {
        let expected = format!(
            "`KAFKA_DEAD_LETTER_TOPIC` = `{name}`: is a consumed topic: dead letters would be consumed in a loop"
        );
        assert_eq!(problem(&with(name)), expected);
    }
    let found = problem(&with("service_events"));
    assert_eq!(found, "`KAFKA_DEAD_LETTER_TOPIC` = `service_events`: is the events topic: dead letters are not events");
    assert!(problem(&with("no good")).contains("contains ` `"));
    good(&with("dead"));
}

#[test]
fn default_dead_letter_topics_are_checked_too() {
    assert!(problem(&[("KAFKA_COMMANDS_TOPIC", "a,a-dlq")]).contains("`a-dlq`: is a consumed topic"));
    assert!(problem(&[("KAFKA_COMMANDS_TOPIC", "a"), ("KAFKA_EVENTS_TOPIC", "a-dlq")]).contains("is the events topic"));
    assert!(problem(&[("KAFKA_SUBSCRIBED_EVENTS_TOPICS", "a,a-dlq")]).contains("`a-dlq`: is a consumed topic"));
    assert!(
        problem(&[("KAFKA_COMMANDS_TOPIC", "service_events-dlq")])
            .contains("`service_events-dlq`: is a consumed topic")
    );
    let long = "x".repeat(247);
    assert!(problem(&[("KAFKA_COMMANDS_TOPIC", &long)]).contains("has 251 characters"));
}

#[test]
fn bootstrap_servers_must_be_addresses() {
    for list in ["kafka", "kafka:9092", "a:1,b:65535", "SASL_SSL://a:9092", "[::1]:9092", "[::1]", "10.0.0.1:9092"] {
        good(&[("KAFKA_BOOTSTRAP_SERVERS", list)]);
    }
    let cases = [
        ("a:9092,", "empty entry in the list"),
        ("a b:9092", "an entry contains whitespace"),
        ("http://a:9092", "`http://` is not a Kafka security protocol"),
        ("a:0", "`a:0` has an invalid port"),
        ("a:65536", "`a:65536` has an invalid port"),
        ("a:", "`a:` has an invalid port"),
        (":9092", "`:9092` has an invalid host name"),
        ("[::1]9092", "`[::1]9092` has an invalid port"),
        ("a:9092,embedded", "`embedded` cannot be combined"),
    ];
    for (list, what) in cases {
        let found = problem(&[("KAFKA_BOOTSTRAP_SERVERS", list)]);
        assert!(found.starts_with(&format!("`KAFKA_BOOTSTRAP_SERVERS` = `{list}`: {what}")), "{found}");
    }
}

#[test]
fn a_build_without_the_client_says_which_feature_is_missing() {
    let none = Features { kafka: false, ..PLAIN };
    for (servers, shown) in [("kafka:9092", "kafka:9092"), ("embedded", "embedded")] {
        let error = read_for(none, &[("KAFKA_BOOTSTRAP_SERVERS", servers)]).unwrap_err();
        let expected =
            format!("`KAFKA_BOOTSTRAP_SERVERS` = `{shown}`: requires the feature `kafka` of `kafka-service`");
        assert_eq!(error.problems(), [expected]);
    }
    assert!(read_for(none, &[]).is_err(), "the default is a real broker");
    read_for(none, &[("KAFKA_BOOTSTRAP_SERVERS", "")]).unwrap();
}

#[test]
fn properties_of_the_other_group_protocol_are_rejected() {
    let with = |protocol, property| problem(&[("KAFKA_GROUP_PROTOCOL", protocol), property]);
    let found = with("consumer", ("KAFKA_SESSION_TIMEOUT_MS", "30000"));
    assert!(
        found.starts_with("`KAFKA_SESSION_TIMEOUT_MS` = `30000`: applies only to the classic group protocol"),
        "{found}"
    );
    let found = with("classic", ("KAFKA_GROUP_REMOTE_ASSIGNOR", "range"));
    assert!(found.contains("applies only to the `consumer` group protocol"), "{found}");
    let auto = good(&[("KAFKA_SESSION_TIMEOUT_MS", "30000"), ("KAFKA_GROUP_REMOTE_ASSIGNOR", "range")]);
    assert_eq!(auto.group_protocol, GroupProtocol::Auto);
    let expected = "`KAFKA_SESSION_TIMEOUT_MS` = `30000`: applies only if the broker does not support the `consumer` group protocol";
    assert_eq!(auto.warnings(), [expected]);
}

#[test]
fn related_properties_are_checked_together() {
    let cases = [
        (("KAFKA_SESSION_TIMEOUT_MS", "45000"), ("KAFKA_MAX_POLL_INTERVAL_MS", "30000"), "45000"),
        (("KAFKA_MESSAGE_MAX_BYTES", "2000000"), ("KAFKA_FETCH_MAX_BYTES", "1000000"), "2000000"),
        (("KAFKA_FETCH_MAX_BYTES", "2000000"), ("KAFKA_RECEIVE_MESSAGE_MAX_BYTES", "2000511"), "2000512"),
        (("KAFKA_RECONNECT_BACKOFF_MS", "200"), ("KAFKA_RECONNECT_BACKOFF_MAX_MS", "100"), "200"),
    ];
    for (low, high, floor) in cases {
        let expected = format!("`{}` = `{}`: must be at least `{floor}` because of `{}`", high.0, high.1, low.0);
        assert_eq!(problem(&[("KAFKA_GROUP_PROTOCOL", "classic"), low, high]), expected);
    }
}

#[test]
fn a_disabled_service_does_not_check_its_properties() {
    let variables = [("KAFKA_BOOTSTRAP_SERVERS", ""), ("KAFKA_SECURITY_PROTOCOL", "sasl_ssl")];
    assert_eq!(read_for(PLAIN, &variables).unwrap().bootstrap_servers, Brokers::Disabled);
}
