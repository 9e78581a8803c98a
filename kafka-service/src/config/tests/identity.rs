use super::good;
use crate::config::{Identity, Side};

fn named(name: &str, method: &str) -> Identity {
    Identity { name: Some(name.to_owned()), method: method.to_owned() }
}

fn sasl(mechanism: &'static str) -> Vec<(&'static str, &'static str)> {
    let variables = ["KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"];
    variables.into_iter().zip(["SASL_SSL", mechanism, "alice", "secret"]).collect()
}

#[test]
fn a_client_is_who_its_settings_say() {
    assert_eq!(good(&[]).identity(Side::Consumer), named("ANONYMOUS", "plaintext"));
    assert_eq!(good(&[("KAFKA_SECURITY_PROTOCOL", "ssl")]).identity(Side::Producer), named("ANONYMOUS", "ssl"));
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        assert_eq!(good(&sasl(mechanism)).identity(Side::Consumer), named("alice", &format!("sasl_ssl, {mechanism}")));
    }
    let token = good(&sasl("OAUTHBEARER")).identity(Side::Consumer);
    assert_eq!(token, Identity { name: None, method: "sasl_ssl, OAUTHBEARER".to_owned() });
}

#[test]
fn two_users_are_two_identities() {
    let mut variables = sasl("PLAIN");
    assert!(good(&variables).has_one_identity());
    variables.push(("KAFKA_PRODUCER_SASL_USERNAME", "bob"));
    let config = good(&variables);
    assert!(!config.has_one_identity());
    assert_eq!(config.identity(Side::Consumer).name.as_deref(), Some("alice"));
    assert_eq!(config.identity(Side::Producer).name.as_deref(), Some("bob"));
    variables.retain(|(name, _)| *name != "KAFKA_PRODUCER_SASL_USERNAME");
    variables.push(("KAFKA_PRODUCER_LINGER_MS", "1"));
    assert!(good(&variables).has_one_identity(), "other settings do not matter");
}
