use super::{bad, consumer, good, pairs, problem, producer};
use crate::config::{
    Config,
    property::{Property, Side},
    reserved,
    table::{self, PROPERTIES},
};

#[test]
fn common_properties_reach_the_clients_that_have_them() {
    let config = good(&[
        ("KAFKA_CLIENT_ID", "shop"),
        ("KAFKA_LINGER_MS", "0.5"),
        ("KAFKA_FETCH_MIN_BYTES", "1000"),
        ("KAFKA_DEBUG", "cgrp, -topic"),
        ("KAFKA_SOCKET_KEEPALIVE_ENABLE", "True"),
    ]);
    let common = [("client.id", "shop"), ("debug", "cgrp,-topic"), ("socket.keepalive.enable", "true")];
    assert_eq!(consumer(&config), pairs(&[common[0], common[1], ("fetch.min.bytes", "1000"), common[2]]));
    assert_eq!(producer(&config), pairs(&[common[0], common[1], ("linger.ms", "0.5"), common[2]]));
}

#[test]
fn a_client_property_overrides_the_common_one() {
    let config = good(&[
        ("KAFKA_CLIENT_ID", "both"),
        ("KAFKA_CONSUMER_CLIENT_ID", "consumer"),
        ("KAFKA_PRODUCER_SOCKET_TIMEOUT_MS", "1000"),
        ("KAFKA_FETCH_MIN_BYTES", "1"),
        ("KAFKA_CONSUMER_FETCH_MIN_BYTES", "2"),
    ]);
    assert_eq!(consumer(&config), pairs(&[("client.id", "consumer"), ("fetch.min.bytes", "2")]));
    assert_eq!(producer(&config), pairs(&[("client.id", "both"), ("socket.timeout.ms", "1000")]));
}

#[test]
fn a_consumer_property_is_rejected_for_the_producer() {
    let found = problem(&[("KAFKA_PRODUCER_FETCH_MIN_BYTES", "1")]);
    assert!(found.ends_with(": a consumer property cannot be set for the producer"), "{found}");
    let found = problem(&[("KAFKA_CONSUMER_LINGER_MS", "1")]);
    assert!(found.ends_with(": a producer property cannot be set for the consumer"), "{found}");
}

#[test]
fn aliases_are_kept_under_one_name() {
    let config = good(&[
        ("KAFKA_QUEUE_BUFFERING_MAX_MS", "7"),
        ("KAFKA_COMPRESSION_CODEC", "LZ4"),
        ("KAFKA_FETCH_MESSAGE_MAX_BYTES", "9"),
    ]);
    assert_eq!(producer(&config), pairs(&[("compression.type", "lz4"), ("linger.ms", "7")]));
    assert_eq!(consumer(&config), pairs(&[("max.partition.fetch.bytes", "9")]));
    let found = problem(&[("KAFKA_LINGER_MS", "5"), ("KAFKA_QUEUE_BUFFERING_MAX_MS", "7")]);
    let expected = "`KAFKA_QUEUE_BUFFERING_MAX_MS` and `KAFKA_LINGER_MS` set the same property; remove one of them";
    assert_eq!(found, expected);
}

#[test]
fn empty_properties_count_as_unset() {
    let config = good(&[("KAFKA_CLIENT_RACK", ""), ("KAFKA_SASL_PASSWORD", ""), ("KAFKA_SASL_PASSWORD_FILE", "")]);
    assert_eq!(config, good(&[]));
}

#[test]
fn values_are_checked_as_librdkafka_would() {
    let cases = [
        ("KAFKA_LINGER_MS", "900001", "expected a number from 0 to 900000"),
        ("KAFKA_LINGER_MS", "NaN", "expected a number from 0 to 900000"),
        ("KAFKA_FETCH_MIN_BYTES", "0", "expected a whole number from 1 to 100000000"),
        ("KAFKA_FETCH_MIN_BYTES", "1k", "expected a whole number from 1 to 100000000"),
        ("KAFKA_CHECK_CRCS", "2", "expected `true` or `false`"),
        ("KAFKA_COMPRESSION_TYPE", "brotli", "expected `none`, `gzip`, `snappy`, `lz4` or `zstd`"),
        ("KAFKA_SECURITY_PROTOCOL", "tls", "expected `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`"),
        ("KAFKA_CLIENT_ID", "a\0b", "must not contain a NUL character"),
    ];
    for (variable, value, what) in cases {
        assert!(problem(&[(variable, value)]).ends_with(&format!(": {what}")), "{variable}={value}");
    }
    assert!(problem(&[("KAFKA_DEBUG", "cgrp,everything")]).contains("expected `generic`, `broker`"));
}

#[test]
fn reserved_properties_are_rejected_with_the_reason() {
    let cases = [
        ("KAFKA_ENABLE_AUTO_COMMIT", "true", "only `false` is allowed: kafka-service commits offsets itself"),
        ("KAFKA_AUTO_COMMIT_ENABLE", "true", "only `false` is allowed: kafka-service commits offsets itself"),
        ("KAFKA_ENABLE_AUTO_OFFSET_STORE", "true", "only `false` is allowed: kafka-service commits offsets"),
        ("KAFKA_AUTO_COMMIT_INTERVAL_MS", "5000", "cannot be set: kafka-service commits offsets"),
        (
            "KAFKA_AUTO_OFFSET_RESET",
            "latest",
            "only `earliest`, `smallest`, `beginning` or `error` is allowed: starting",
        ),
        ("KAFKA_ACKS", "1", "only `all` or `-1` is allowed: an event that only the leader has acknowledged"),
        (
            "KAFKA_REQUEST_REQUIRED_ACKS",
            "0",
            "only `all` or `-1` is allowed: an event that only the leader has acknowledged",
        ),
        ("KAFKA_ENABLE_IDEMPOTENCE", "false", "only `true` is allowed: required by the idempotent producer"),
        (
            "KAFKA_MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION",
            "6",
            "at most `5` is allowed: required by the idempotent producer",
        ),
        ("KAFKA_DELIVERY_TIMEOUT_MS", "120000", "only `0` is allowed: kafka-service retries delivery"),
        ("KAFKA_RETRIES", "5", "only `2147483647` is allowed: kafka-service retries delivery"),
        ("KAFKA_PARTITIONER", "consistent", "only `murmur2_random` is allowed: all producers"),
        ("KAFKA_PARTITION_ASSIGNMENT_STRATEGY", "sticky", "only `cooperative-sticky`"),
        ("KAFKA_ENABLE_PARTITION_EOF", "false", "only `true` is allowed: kafka-service uses"),
        ("KAFKA_TRANSACTIONAL_ID", "x", "cannot be set: transactions are not supported"),
        ("KAFKA_LOG_QUEUE", "false", "only `true` is allowed: kafka-service handles the client's events and logs"),
        ("KAFKA_METADATA_BROKER_LIST", "a:9092", "cannot be set: use `KAFKA_BOOTSTRAP_SERVERS`"),
        ("KAFKA_CONSUMER_GROUP_ID", "g", "cannot be set: use `KAFKA_GROUP_ID`"),
        ("KAFKA_ALLOW_AUTO_CREATE_TOPICS", "true", "only `false` is allowed: use `KAFKA_CREATE_TOPICS`"),
        ("KAFKA_PRODUCER_MAX_IN_FLIGHT", "1", "use `max.in.flight.requests.per.connection`"),
    ];
    for (variable, value, what) in cases {
        // `KAFKA_CONSUMER_GROUP_ID` is a property, so it is rejected and not only warned about.
        let found = problem(&[(variable, value)]);
        assert!(found.starts_with(&format!("`{variable}` = `{value}`: {what}")), "{found}");
    }
}

#[test]
fn reserved_properties_with_the_engines_value_are_accepted() {
    let variables = [
        ("KAFKA_ENABLE_AUTO_COMMIT", "FALSE"),
        ("KAFKA_AUTO_OFFSET_RESET", "earliest"),
        ("KAFKA_ACKS", "all"),
        ("KAFKA_MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION", "5"),
        ("KAFKA_PARTITIONER", "murmur2_random"),
    ];
    assert!(good(&variables).warnings().is_empty());
    good(&[("KAFKA_CONSUMER_MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION", "100")]);
    assert_eq!(bad(&[("KAFKA_PRODUCER_MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION", "100")]).len(), 1);
}

#[test]
fn code_sets_properties_by_name_under_the_same_rules() {
    let mut config = Config::new("orders");
    config.set_property("linger.ms", "5").unwrap();
    config.set_consumer_property("client.id", "c").unwrap();
    config.set_producer_property("client.id", "p").unwrap();
    config.set_property("linger.ms", "6").unwrap();
    assert_eq!(consumer(&config), pairs(&[("client.id", "c")]));
    assert_eq!(producer(&config), pairs(&[("client.id", "p"), ("linger.ms", "6")]));
    let cases = [
        (config.set_property("enable.auto.commit", "true"), "`enable.auto.commit` = `true`: only `false` is allowed"),
        (config.set_consumer_property("linger.ms", "1"), "`linger.ms` = `1`: a producer property"),
        (config.set_property("linger.m", "1"), "`linger.m` is not a librdkafka property; did you mean `linger.ms`?"),
        (config.set_property("KAFKA_X", "1"), "`KAFKA_X` is not a librdkafka property"),
        (config.set_property("LINGER_MS", "1"), "`LINGER_MS` is not a librdkafka property; did you mean `linger.ms`?"),
        (
            config.set_property("sasl.jaas.config", "x"),
            "`sasl.jaas.config` is not a librdkafka property; did you mean `sasl.username`?",
        ),
    ];
    for (outcome, expected) in cases {
        let text = outcome.unwrap_err().problems()[0].clone();
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn the_table_is_consistent() {
    for property in PROPERTIES {
        let canonical = table::find(property.canonical).unwrap();
        assert_eq!(canonical.canonical, canonical.name, "an alias of an alias");
        assert_eq!((canonical.side, canonical.secret, canonical.need), (property.side, property.secret, property.need));
        assert_eq!(canonical.kind, property.kind, "{}", property.name);
        let same = |other: &&Property| other.variable() == property.variable();
        assert_eq!(PROPERTIES.iter().filter(same).count(), 1, "{} is ambiguous as a variable", property.name);
    }
    assert_eq!(PROPERTIES.iter().filter(|property| property.side == Side::Consumer).count(), 31);
    for name in reserved::names().chain(reserved::CLASSIC_ONLY.iter().copied()) {
        assert_eq!(table::find(name).map(|property| property.canonical), Some(name));
    }
}
