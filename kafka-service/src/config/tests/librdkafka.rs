//! Compares the table with the library, and reports what to change after an update of librdkafka.

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use crate::config::{
    Features,
    property::{Need, ValueKind},
    table::PROPERTIES,
};

fn takes(name: &str, value: &str) -> bool {
    ClientConfig::new().set(name, value).create_native_config().is_ok()
}

fn features() -> Features {
    let native = ClientConfig::new().create_native_config().unwrap();
    Features::built_in(&native.get("builtin.features").unwrap())
}

#[test]
fn every_property_exists() {
    for property in PROPERTIES {
        // A property that this build does not support is known and rejected, with a different error.
        let outcome = ClientConfig::new().set(property.name, "x").create_native_config();
        let unknown = matches!(outcome, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)));
        assert!(!unknown, "librdkafka does not know `{}`", property.name);
    }
    let outcome = ClientConfig::new().set("no.such.property", "x").create_native_config();
    assert!(matches!(outcome, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..))));
}

#[test]
fn values_have_the_same_bounds_as_in_librdkafka() {
    for property in PROPERTIES.iter().filter(|property| property.need == Need::Nothing) {
        let name = property.name;
        match property.kind {
            ValueKind::Int(least, most) | ValueKind::Number(least, most) => {
                assert!(takes(name, &least.to_string()) && takes(name, &most.to_string()), "{name}");
                assert!(!takes(name, &(least - 1).to_string()), "`{name}` takes less than {least}");
                // One more than the largest C integer wraps to a negative number; if that is allowed, it is accepted.
                assert!(
                    most >= i64::from(i32::MAX) || !takes(name, &(most + 1).to_string()),
                    "`{name}`: more than {most}"
                );
            }
            ValueKind::Bool => assert!(takes(name, "true") && takes(name, "false") && !takes(name, "maybe"), "{name}"),
            ValueKind::Choice(words) | ValueKind::Flags(words) => {
                for word in words.iter().filter(|word| features().missing(property, word).is_none()) {
                    assert!(takes(name, word), "{name}={word}");
                }
            }
            ValueKind::Text => {}
        }
    }
}

#[test]
fn the_features_of_the_crate_agree_with_the_library() {
    let (library, ours) = (features(), Features::compiled());
    assert!(library.tls || !ours.tls, "`tls` is on and the library has none");
    assert!(library.zstd || !ours.zstd, "`zstd` is on and the library has none");
    assert!(library.gssapi >= ours.gssapi, "`gssapi` is on and the library has none");
    assert!(library.oidc >= ours.oidc, "`oidc` is on and the library has none");
}
