use super::{ALL, good};
use crate::config::Config;

const OAUTHBEARER: [(&str, &str); 2] =
    [("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"), ("KAFKA_SASL_MECHANISM", "OAUTHBEARER")];

fn problems(variables: &[(&str, &str)], has_provider: bool) -> Vec<String> {
    let error = good(variables).validate_with_tokens(ALL, |_| std::collections::BTreeSet::new(), has_provider).err();
    error.map_or_else(Vec::new, |error| error.problems().to_vec())
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [OAUTHBEARER.as_slice(), more].concat()
}

#[test]
fn oauthbearer_needs_a_source_of_tokens() {
    let found = problems(&OAUTHBEARER, false);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("`KAFKA_SASL_MECHANISM` = `OAUTHBEARER`: requires a source of tokens: "), "{found:?}");
    for source in
        ["KafkaService::token_provider", "KAFKA_SASL_OAUTHBEARER_METHOD", "KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT"]
    {
        assert!(found[0].contains(source), "{found:?}");
    }
    assert!(problems(&OAUTHBEARER, true).is_empty());
    assert!(problems(&with(&[("KAFKA_SASL_OAUTHBEARER_METHOD", "oidc")]), false).is_empty());
    assert!(problems(&with(&[("KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT", "true")]), false).is_empty());
    assert_eq!(problems(&with(&[("KAFKA_SASL_OAUTHBEARER_METHOD", "default")]), false).len(), 1);
    let one_side = problems(&with(&[("KAFKA_PRODUCER_SASL_OAUTHBEARER_METHOD", "oidc")]), false);
    assert_eq!(one_side.len(), 1, "the consumer has none: {one_side:?}");
}

#[test]
fn a_second_source_of_tokens_is_a_problem() {
    let twice =
        with(&[("KAFKA_SASL_OAUTHBEARER_METHOD", "oidc"), ("KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT", "true")]);
    let both = "this program has a token provider too; use one of them";
    let expected = [
        format!("`KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT` = `true`: {both}"),
        format!("`KAFKA_SASL_OAUTHBEARER_METHOD` = `oidc`: {both}"),
    ];
    assert_eq!(problems(&twice, true), expected);
}

#[test]
fn a_provider_needs_its_mechanism_and_protocol() {
    let protocol = "the token provider of this program requires `sasl_ssl`";
    let mechanism = "the token provider of this program requires `OAUTHBEARER`";
    let expected = [
        format!("`sasl.mechanism` (`KAFKA_SASL_MECHANISM`) is not set: {mechanism}"),
        format!("`security.protocol` (`KAFKA_SECURITY_PROTOCOL`) is not set: {protocol}"),
    ];
    assert_eq!(problems(&[], true), expected);
    let others = [
        ("KAFKA_SECURITY_PROTOCOL", "ssl"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "x"),
        ("KAFKA_SASL_PASSWORD", "x"),
    ];
    let expected = [
        format!("`KAFKA_SASL_MECHANISM` = `PLAIN`: {mechanism}"),
        format!("`KAFKA_SECURITY_PROTOCOL` = `ssl`: {protocol}"),
    ];
    assert_eq!(problems(&others, true), expected);
}

#[test]
fn brokers_without_authentication_need_no_tokens() {
    for servers in ["embedded", ""] {
        assert!(problems(&[("KAFKA_BOOTSTRAP_SERVERS", servers)], true).is_empty());
    }
    assert!(problems(&[], false).is_empty());
    assert!(Config::new("shop").validate_with_tokens(ALL, |_| std::collections::BTreeSet::new(), false).is_ok());
}
