use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use super::{ALL, bad, file, good, problem, read};
use crate::config::{
    Brokers, Config, DeadLetterHeaders, GroupProtocol, MessageIdLocation, OrderBy, RetryPolicy, UnknownCommands,
};

#[test]
fn an_empty_environment_gives_the_defaults() {
    let config = good(&[]);
    assert_eq!(config, Config::new("orders"));
    assert_eq!(config.bootstrap_servers, Brokers::Servers("kafka:9092".into()));
    assert_eq!(config.service_name, "orders");
    assert_eq!(config.commands_topics, ["service_commands"]);
    assert_eq!(config.events_topic, "service_events");
    assert_eq!(config.effective_subscribed_events_topics(), ["service_events"]);
    assert_eq!(config.effective_group_id(), "orders-group");
    assert_eq!(config.group_protocol, GroupProtocol::Auto);
    assert_eq!(config.ordering, OrderBy::Key);
    assert_eq!((config.max_in_flight, config.max_uncommitted), (1_000, 50_000));
    assert_eq!(config.handler_timeout, Duration::from_secs(300));
    assert_eq!(config.retry, RetryPolicy::new(5, Duration::from_millis(200), Duration::from_secs(10)));
    assert_eq!(config.effective_dead_letter_topic("service_commands"), "service_commands-dlq");
    assert_eq!(config.unknown_commands, UnknownCommands::Skip);
    assert_eq!(config.message_id, MessageIdLocation::Envelope);
    assert_eq!(config.publish_timeout, Duration::from_secs(30));
    assert!(!config.create_topics);
    assert_eq!(config.shutdown_deadline, Duration::from_secs(25));
    assert!(config.warnings().is_empty());
}

#[test]
fn every_setting_is_read() {
    let config = good(&[
        ("KAFKA_BOOTSTRAP_SERVERS", "a:9092, b:9093"),
        ("KAFKA_SERVICE_NAME", "shop"),
        ("KAFKA_COMMANDS_TOPIC", "orders, payments"),
        ("KAFKA_EVENTS_TOPIC", "shop_events"),
        ("KAFKA_SUBSCRIBED_EVENTS_TOPICS", "a_events,b_events"),
        ("KAFKA_GROUP_ID", "shop-blue"),
        ("KAFKA_GROUP_PROTOCOL", "classic"),
        ("KAFKA_ORDERING", "partition"),
        ("KAFKA_MAX_IN_FLIGHT", "10"),
        ("KAFKA_MAX_UNCOMMITTED", "100"),
        ("KAFKA_HANDLER_TIMEOUT", "1m30s"),
        ("KAFKA_RETRY_ATTEMPTS", "3"),
        ("KAFKA_RETRY_BACKOFF", "1s .. 1m"),
        ("KAFKA_DEAD_LETTER_TOPIC", "dead"),
        ("KAFKA_UNKNOWN_COMMANDS", "dead-letter"),
        ("KAFKA_MESSAGE_ID", "Header"),
        ("KAFKA_PUBLISH_TIMEOUT", "5s"),
        ("KAFKA_CREATE_TOPICS", "true"),
        ("KAFKA_SHUTDOWN_DEADLINE", "10s"),
    ]);
    assert_eq!(config.bootstrap_servers, Brokers::Servers("a:9092,b:9093".into()));
    assert_eq!(config.service_name, "shop");
    assert_eq!(config.commands_topics, ["orders", "payments"]);
    assert_eq!(config.events_topic, "shop_events");
    assert_eq!(config.effective_subscribed_events_topics(), ["a_events", "b_events"]);
    assert_eq!(config.effective_group_id(), "shop-blue");
    assert_eq!(config.group_protocol, GroupProtocol::Classic);
    assert_eq!(config.ordering, OrderBy::Partition);
    assert_eq!((config.max_in_flight, config.max_uncommitted), (10, 100));
    assert_eq!(config.handler_timeout, Duration::from_secs(90));
    assert_eq!(config.retry, RetryPolicy::new(3, Duration::from_secs(1), Duration::from_secs(60)));
    assert_eq!(config.effective_dead_letter_topic("orders"), "dead");
    assert_eq!(config.unknown_commands, UnknownCommands::DeadLetter);
    assert_eq!(config.message_id, MessageIdLocation::Header);
    assert_eq!(config.publish_timeout, Duration::from_secs(5));
    assert!(config.create_topics);
    assert_eq!(config.shutdown_deadline, Duration::from_secs(10));
    assert!(config.warnings().is_empty());
}

#[test]
fn the_group_id_defaults_to_the_service_name() {
    assert_eq!(good(&[("KAFKA_SERVICE_NAME", "shop")]).effective_group_id(), "shop-group");
}

#[test]
fn native_dead_letter_headers_have_two_names() {
    for name in ["native", "own"] {
        let config = good(&[("KAFKA_DEAD_LETTER_HEADERS", name)]);
        assert_eq!(config.dead_letter_headers, DeadLetterHeaders::Native);
    }
    assert_eq!(good(&[("KAFKA_DEAD_LETTER_HEADERS", "spring")]).dead_letter_headers, DeadLetterHeaders::Spring);
}

#[test]
fn bootstrap_has_two_special_values() {
    assert_eq!(good(&[("KAFKA_BOOTSTRAP_SERVERS", "")]).bootstrap_servers, Brokers::Disabled);
    assert_eq!(good(&[("KAFKA_BOOTSTRAP_SERVERS", "  ")]).bootstrap_servers, Brokers::Disabled);
    assert_eq!(good(&[("KAFKA_BOOTSTRAP_SERVERS", "Embedded")]).bootstrap_servers, Brokers::Embedded);
}

#[test]
fn all_problems_are_reported_at_once() {
    let variables = [
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:99999"),
        ("KAFKA_SERVICE_NAME", ""),
        ("KAFKA_COMMANDS_TOPIC", "a,,b"),
        ("KAFKA_EVENTS_TOPIC", "my events"),
        ("KAFKA_SUBSCRIBED_EVENTS_TOPICS", ""),
        ("KAFKA_GROUP_ID", " "),
        ("KAFKA_GROUP_PROTOCOL", "kip848"),
        ("KAFKA_ORDERING", "none"),
        ("KAFKA_MAX_IN_FLIGHT", "0"),
        ("KAFKA_MAX_UNCOMMITTED", "many"),
        ("KAFKA_HANDLER_TIMEOUT", "30"),
        ("KAFKA_RETRY_ATTEMPTS", "-1"),
        ("KAFKA_RETRY_BACKOFF", "1s"),
        ("KAFKA_DEAD_LETTER_TOPIC", ""),
        ("KAFKA_UNKNOWN_COMMANDS", "drop"),
        ("KAFKA_MESSAGE_ID", "body"),
        ("KAFKA_CREATE_TOPICS", "maybe"),
        ("KAFKA_SHUTDOWN_DEADLINE", "0s"),
        ("KAFKA_LINGER_MS", "soon"),
        ("KAFKA_SASL_PASSWORD_FILE", "/nowhere"),
    ];
    let error = read(&variables).unwrap_err();
    assert_eq!(error.problems().len(), variables.len(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("invalid configuration, 20 problems:\n  - "), "{text}");
    for (variable, value) in variables {
        let named = format!("`{variable}` = `{}`: ", value.trim());
        assert!(text.contains(&named), "{named} is missing in:\n{text}");
    }
    assert_eq!(format!("{error:?}"), text, "main prints Debug");
}

#[test]
fn problems_list_the_allowed_values() {
    let cases = [
        ("KAFKA_GROUP_PROTOCOL", "kip848", "expected `auto`, `consumer` or `classic`"),
        ("KAFKA_ORDERING", "none", "expected `key` or `partition`"),
        ("KAFKA_MAX_IN_FLIGHT", "1e3", "expected a whole number from 1 to 1000000"),
        ("KAFKA_MAX_UNCOMMITTED", "100000001", "expected a whole number from 1 to 100000000"),
        ("KAFKA_HANDLER_TIMEOUT", "soon", "expected a duration such as `200ms`, `30s`, `1m30s` or `1h`"),
        ("KAFKA_RETRY_ATTEMPTS", "0", "expected a whole number from 1 to 1000000"),
        ("KAFKA_RETRY_BACKOFF", "1s", "expected the initial and the maximum backoff, such as `200ms..10s`"),
        ("KAFKA_RETRY_BACKOFF", "200..10s", "missing unit: write `200s` for seconds or `200ms` for milliseconds"),
        ("KAFKA_UNKNOWN_COMMANDS", "drop", "expected `skip` or `dead-letter`"),
        ("KAFKA_MESSAGE_ID", "body", "expected `envelope`, `header` or `off`"),
        ("KAFKA_CREATE_TOPICS", "maybe", "expected `true` or `false`"),
    ];
    for (variable, value, allowed) in cases {
        assert_eq!(problem(&[(variable, value)]), format!("`{variable}` = `{value}`: {allowed}"));
    }
}

#[test]
fn warnings_are_reported_together_with_problems() {
    let error = read(&[("KAFKA_COMMAND_TOPIC", "a"), ("KAFKA_ORDERING", "x")]).unwrap_err().to_string();
    assert!(error.ends_with(
        "\n  warning: unknown variable `KAFKA_COMMAND_TOPIC` ignored; did you mean `KAFKA_COMMANDS_TOPIC`?"
    ));
    assert!(error.starts_with("invalid configuration: `KAFKA_ORDERING` = `x`: "), "{error}");
}

#[test]
fn shown_values_are_shortened_and_have_no_control_characters() {
    let long = "x".repeat(5_000);
    let problems = bad(&[("KAFKA_ORDERING", "a\n\u{1b}[31mb"), ("KAFKA_MESSAGE_ID", &long)]);
    assert!(problems[0].starts_with("`KAFKA_ORDERING` = `a\\n\\u{1b}[31mb`: "), "{}", problems[0]);
    assert!(problems[1].len() < 300, "{}", problems[1].len());
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_unicode_names_its_variable() {
    use std::os::unix::ffi::OsStringExt;
    let broken = || OsString::from_vec(vec![b'x', 0xff]);
    let names = ["KAFKA_EVENTS_TOPIC", "KAFKA_LINGER_MS", "KAFKA_SASL_PASSWORD", "KAFKA_PORT", "KAFKA_OTHER", "PATH"];
    let error =
        Config::read(names.map(|name| (name.into(), broken())), file, |_| BTreeSet::new(), "orders", ALL).unwrap_err();
    let expected = ["KAFKA_EVENTS_TOPIC", "KAFKA_LINGER_MS", "KAFKA_SASL_PASSWORD"];
    assert_eq!(error.problems(), expected.map(|name| format!("`{name}`: the value is not valid UTF-8")));
    assert!(error.to_string().contains("warning: unknown variable `KAFKA_OTHER`"));
}

#[test]
fn the_environment_of_this_process_is_readable() {
    // Whatever it contains, an error must be a list of problems, not a panic.
    let _outcome = Config::from_env();
}

#[test]
fn the_documentation_lists_every_setting() {
    let documentation = include_str!("../mod.rs");
    for setting in crate::config::names::SETTINGS {
        let row = format!("/// | `{}` | ", setting.variable);
        assert!(documentation.contains(&row), "{} is missing", setting.variable);
    }
}
