use proptest::prelude::*;

use super::{good, read, warning};
use crate::config::{
    names::{Meaning, SETTINGS, is_ignored, meaning},
    property::Side,
    table::PROPERTIES,
};

#[test]
fn variables_of_kubernetes_and_of_our_tests_are_ignored() {
    let variables = [
        ("KAFKA_PORT", "tcp://10.0.0.1:9092"),
        ("KAFKA_SERVICE_HOST", "10.0.0.1"),
        ("KAFKA_SERVICE_PORT", "9092"),
        ("KAFKA_SERVICE_PORT_CLIENT", "9092"),
        ("KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092"),
        ("KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"),
        ("KAFKA_PORT_9092_TCP_PORT", "9092"),
        ("KAFKA_PORT_9092_TCP_PROTO", "tcp"),
        ("KAFKA_UI_PORT", "tcp://10.0.0.2:80"),
        ("KAFKA_UI_SERVICE_HOST", "10.0.0.2"),
        ("KAFKA_UI_SERVICE_PORT", "80"),
        ("KAFKA_UI_SERVICE_PORT_HTTP", "80"),
        ("KAFKA_UI_PORT_80_TCP_ADDR", "10.0.0.2"),
        ("KAFKA_CONSUMER_SERVICE_HOST", "10.0.0.3"),
        ("KAFKA_CONSUMER_PORT", "tcp://10.0.0.3:80"),
        ("KAFKA_SERVICE_MACROS_DEBUG", "1"),
        ("KAFKA_SERVICE_BLESS", "1"),
        ("KAFKA_TEST_CACHE", "/var/cache/kafka"),
        ("KAFKA_SERVICE_TEST_BOOTSTRAP", "127.0.0.1:9092"),
        ("KAFKA_SERVICE_REQUIRE_BROKER", "1"),
        ("KAFKA_SERVICE_SIM_SEED", "7"),
        ("kafka_linger_ms", "not ours"),
        ("OTHER_KAFKA_LINGER_MS", "not ours"),
    ];
    assert_eq!(good(&variables), good(&[]));
}

#[test]
fn no_setting_looks_like_an_injected_variable() {
    for setting in SETTINGS {
        assert!(!is_ignored(setting.variable, ""), "{}", setting.variable);
    }
    for property in PROPERTIES {
        for prefix in ["", "CONSUMER_", "PRODUCER_"] {
            let variable = format!("KAFKA_{prefix}{}", property.variable());
            assert!(!is_ignored(&variable, ""), "{variable}");
            assert!(!is_ignored(&format!("{variable}_FILE"), ""), "{variable}_FILE");
        }
    }
}

#[test]
fn unknown_variables_give_one_warning_with_suggestions() {
    let cases = [
        ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_COMMAND_TOPIC", "KAFKA_COMMANDS_TOPIC"),
        ("KAFKA_EVENT_TOPIC", "KAFKA_EVENTS_TOPIC"),
        ("KAFKA_CONSUMER_GROUP", "KAFKA_GROUP_ID"),
        ("KAFKA_DLQ_TOPIC", "KAFKA_DEAD_LETTER_TOPIC"),
        ("KAFKA_LINGER", "KAFKA_LINGER_MS"),
        ("KAFKA_SASL_PASWORD", "KAFKA_SASL_PASSWORD"),
        ("KAFKA_SASL_JAAS_CONFIG", "KAFKA_SASL_USERNAME"),
        ("KAFKA_SSL_TRUSTSTORE_LOCATION", "KAFKA_SSL_CA_LOCATION"),
        ("KAFKA_CONSUMER_FETCH_MINBYTES", "KAFKA_CONSUMER_FETCH_MIN_BYTES"),
        ("KAFKA_PRODUCER_LINGERMS", "KAFKA_PRODUCER_LINGER_MS"),
    ];
    for (variable, closest) in cases {
        let expected = format!("unknown variable `{variable}` ignored; did you mean `{closest}`?");
        assert_eq!(warning(&[(variable, "x")]), expected);
    }
    assert!(warning(&[("KAFKA_X\n\u{1b}[2J", "x")]).starts_with("unknown variable `KAFKA_X\\n\\u{1b}[2J` ignored"));
    let nothing = "unknown variable `KAFKA_HEAP_OPTS` ignored";
    assert_eq!(warning(&[("KAFKA_HEAP_OPTS", "-Xmx1g")]), nothing);
    let file =
        "unknown variable `KAFKA_LINGER_MS_FILE` ignored: only secrets are read from files, use `KAFKA_LINGER_MS`";
    assert_eq!(warning(&[("KAFKA_LINGER_MS_FILE", "/x")]), file);
}

#[test]
fn every_property_is_found_by_its_variable() {
    let own = |variable: &str| SETTINGS.iter().any(|setting| setting.variable == variable);
    for expected in PROPERTIES {
        for (prefix, target) in [("", Side::Both), ("CONSUMER_", Side::Consumer), ("PRODUCER_", Side::Producer)] {
            let variable = format!("KAFKA_{prefix}{}", expected.variable());
            let Meaning::Property(side, property) = meaning(&variable) else { panic!("{variable} is unknown") };
            assert_eq!((side, property.name), (target, expected.name));
            let file = format!("{variable}_FILE");
            match meaning(&file) {
                Meaning::SecretFile(side, property) => assert_eq!((side, property.name), (target, expected.name)),
                Meaning::Unknown => assert!(!expected.secret, "{file}"),
                Meaning::Property(..) => panic!("{file} is a property and a file"),
            }
        }
    }
    let shared: Vec<_> =
        PROPERTIES.iter().filter(|p| own(&format!("KAFKA_{}", p.variable()))).map(|p| p.name).collect();
    assert_eq!(shared, ["bootstrap.servers", "max.in.flight", "group.id", "group.protocol"], "ours win over these");
}

#[test]
fn a_setting_wins_over_the_property_of_the_same_name() {
    let config = good(&[("KAFKA_MAX_IN_FLIGHT", "7"), ("KAFKA_GROUP_ID", "g"), ("KAFKA_GROUP_PROTOCOL", "auto")]);
    assert_eq!((config.max_in_flight, config.effective_group_id().as_ref()), (7, "g"));
    assert_eq!(config.consumer_properties().count() + config.producer_properties().count(), 0);
}

proptest! {
    /// For any environment: no panic, and at most one message per variable.
    #[test]
    fn any_environment_is_read_without_a_panic(variables in prop::collection::btree_map("KAFKA_[A-Z_0-9é]{0,20}", ".{0,20}", 0..8)) {
        let variables: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let messages = match read(&variables) {
            Ok(config) => config.warnings().len(),
            Err(error) => error.to_string().lines().count(),
        };
        prop_assert!(messages <= variables.len() + 1);
    }
}
