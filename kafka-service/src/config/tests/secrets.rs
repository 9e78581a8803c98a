use proptest::prelude::*;

use super::{PLAIN, good, problem, producer, read, read_for};
use crate::config::{
    Config,
    property::Property,
    table::{self, PROPERTIES},
};

const PLANTED: &str = "hunter2-planted";

fn secrets() -> impl Iterator<Item = &'static Property> {
    PROPERTIES.iter().filter(|property| property.secret)
}

#[test]
fn every_property_with_a_credential_is_a_secret() {
    // What librdkafka 2.12.1 itself marks as sensitive.
    let marked = [
        "sasl.oauthbearer.assertion.private.key.file",
        "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.assertion.private.key.pem",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config",
        "sasl.password",
        "sasl.username",
        "ssl.ca.pem",
        "ssl.key.location",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.password",
        "ssl.providers",
    ];
    for name in marked {
        assert!(table::find(name).unwrap().secret, "{name}");
    }
    for property in PROPERTIES {
        let telling = ["password", "secret", "passphrase", ".pem", "private", "credential", "oauthbearer.config"];
        // The id of a client is not its secret.
        let harmless = property.name.ends_with("client.id");
        let suspicious = telling.iter().any(|word| property.name.contains(word)) && !harmless;
        assert!(property.secret || !suspicious, "{}", property.name);
    }
}

#[test]
fn secrets_reach_the_client_and_nothing_else() {
    for property in secrets() {
        let variable = format!("KAFKA_{}", property.variable());
        let config = good(&[(&variable, PLANTED), ("KAFKA_LINGER_MS", "5")]);
        let expected = (property.canonical.to_owned(), PLANTED.to_owned());
        assert!(producer(&config).contains(&expected), "{variable}");
        let shown = format!("{config:?} {config:#?} {:?} {:?}", config.clone(), config.warnings());
        assert!(!shown.contains(PLANTED), "{shown}");
        assert!(shown.contains(&format!("\"{}\": ***", property.canonical)), "{shown}");
        assert!(shown.contains("\"linger.ms\": \"5\""), "others are shown: {shown}");
    }
}

#[test]
fn secrets_are_not_in_errors() {
    for property in secrets() {
        let variable = format!("KAFKA_{}", property.variable());
        let nul = format!("{PLANTED}\0");
        for value in [PLANTED, nul.as_str()] {
            let variables =
                [(variable.as_str(), value), ("KAFKA_SECURITY_PROTOCOL", "sasl_ssl"), ("KAFKA_ORDERING", "x")];
            for features in [super::ALL, PLAIN] {
                let error = read_for(features, &variables).unwrap_err();
                assert!(!format!("{error} {error:?}").contains(PLANTED), "{error}");
            }
        }
        let mut config = Config::new("orders");
        let error = config.set_consumer_property(property.name, &nul).unwrap_err();
        assert!(error.to_string().contains(&format!("`{}`: must not contain a NUL", property.name)), "{error}");
        assert!(!error.to_string().contains(PLANTED), "{error}");
    }
}

#[test]
fn misspelt_secrets_are_not_in_warnings() {
    for name in ["KAFKA_SASL_PASWORD", "KAFKA_PASSWORD", "KAFKA_SASL_JAAS_CONFIG", "KAFKA_SSL_TRUSTSTORE_PASSWORD"] {
        let config = good(&[(name, PLANTED)]);
        assert_eq!(config.warnings().len(), 1, "{name}");
        assert!(!format!("{config:?} {:?}", config.warnings()).contains(PLANTED));
    }
}

#[test]
fn credentials_in_an_address_are_rejected_and_not_shown() {
    let found = problem(&[("KAFKA_BOOTSTRAP_SERVERS", "alice:hunter2-planted@kafka:9092")]);
    assert!(found.starts_with("`KAFKA_BOOTSTRAP_SERVERS`: expected `host:port` without credentials"), "{found}");
    assert!(!found.contains(PLANTED));
}

#[test]
fn what_may_be_a_password_in_the_list_of_brokers_is_not_shown() {
    for list in ["kafka:9092,alice:hunter2-planted", "alice:hunter2-planted", "a b:9092,c:hunter2-planted"] {
        let found = problem(&[("KAFKA_BOOTSTRAP_SERVERS", list)]);
        assert!(
            found.contains("of the list is not `host:port`; credentials belong in `KAFKA_SASL_USERNAME`"),
            "{found}"
        );
        assert!(!found.contains(PLANTED), "{found}");
    }
}

#[test]
fn a_secret_in_the_place_of_its_file_is_not_shown() {
    for variable in ["KAFKA_SASL_PASSWORD_FILE", "KAFKA_SSL_KEY_PEM_FILE", "KAFKA_CONSUMER_SSL_KEY_LOCATION_FILE"] {
        for value in [PLANTED, "/hunter2-planted+4=", "-----BEGIN PRIVATE KEY-----\nhunter2-planted"] {
            let found = problem(&[(variable, value)]);
            assert!(found.starts_with(&format!("`{variable}`: cannot read the file: ")), "{found}");
            assert!(!found.contains(PLANTED), "{found}");
        }
    }
}

#[test]
fn secrets_come_from_files() {
    let config = good(&[
        ("KAFKA_SASL_PASSWORD_FILE", "/run/secrets/password"),
        ("KAFKA_PRODUCER_SASL_USERNAME_FILE", "/run/secrets/user"),
        ("KAFKA_SSL_KEY_PASSWORD_FILE", "/run/secrets/user"),
    ]);
    let find = |name: &str| producer(&config).into_iter().find(|(found, _)| found == name).map(|(_, value)| value);
    assert_eq!(find("sasl.password").as_deref(), Some("pass word"), "only the newline goes");
    assert_eq!(find("sasl.username").as_deref(), Some("alice"));
    assert!(!super::consumer(&config).iter().any(|(name, _)| name == "sasl.username"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("pass word") && !shown.contains("alice"), "{shown}");
}

#[test]
fn unusable_secret_files_are_problems() {
    let found = problem(&[("KAFKA_SASL_PASSWORD_FILE", "/nowhere")]);
    assert_eq!(found, "`KAFKA_SASL_PASSWORD_FILE` = `/nowhere`: cannot read the file: no such file");
    let found = problem(&[("KAFKA_SASL_PASSWORD_FILE", "/run/secrets/empty")]);
    assert_eq!(found, "`KAFKA_SASL_PASSWORD_FILE` = `/run/secrets/empty`: the file is empty");
    let both = [("KAFKA_SASL_PASSWORD", PLANTED), ("KAFKA_SASL_PASSWORD_FILE", "/run/secrets/password")];
    let expected = "`KAFKA_SASL_PASSWORD_FILE` and `KAFKA_SASL_PASSWORD` set the same property; remove one of them";
    assert_eq!(problem(&both), expected);
}

proptest! {
    #[test]
    fn no_planted_secret_is_ever_shown(
        which in prop::sample::select(secrets().collect::<Vec<_>>()),
        side in prop::sample::select(vec!["", "CONSUMER_", "PRODUCER_"]),
        other in prop::collection::btree_map("KAFKA_(SASL|SSL|SECURITY)_[A-Z_]{0,12}", "[a-z_]{0,10}", 0..4),
        protocol in prop::sample::select(vec!["plaintext", "ssl", "sasl_plaintext", "sasl_ssl", "wrong"]),
    ) {
        let variable = format!("KAFKA_{side}{}", which.variable());
        let mut variables: Vec<(&str, &str)> = other.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        variables.retain(|(name, _)| *name != variable);
        variables.extend([(variable.as_str(), PLANTED), ("KAFKA_SECURITY_PROTOCOL", protocol)]);
        let shown = match read(&variables) {
            Ok(config) => format!("{config:?}{:?}{:?}", config.warnings(), config.validate()),
            Err(error) => format!("{error}{error:?}"),
        };
        prop_assert!(!shown.contains(PLANTED), "{}", shown);
    }
}
