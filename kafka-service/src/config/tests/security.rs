use super::{PLAIN, bad, consumer, good, pairs, problem, producer, read_for, warning};

const SCRAM: [(&str, &str); 4] = [
    ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
    ("KAFKA_SASL_MECHANISM", "scram-sha-512"),
    ("KAFKA_SASL_USERNAME", "alice"),
    ("KAFKA_SASL_PASSWORD", "secret"),
];

#[test]
fn settings_become_librdkafka_properties() {
    let config = good(&SCRAM);
    let expected = [
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.password", "secret"),
        ("sasl.username", "alice"),
        ("security.protocol", "sasl_ssl"),
    ];
    assert_eq!(consumer(&config), pairs(&expected));
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
}

#[test]
fn settings_that_need_a_feature_name_it() {
    let tls = "requires the feature `tls` of `kafka-service`";
    let error = read_for(PLAIN, &SCRAM).unwrap_err();
    let expected = [
        format!("`KAFKA_SASL_MECHANISM` = `scram-sha-512`: {tls}"),
        format!("`KAFKA_SECURITY_PROTOCOL` = `SASL_SSL`: {tls}"),
    ];
    assert_eq!(error.problems(), expected);
    let cases = [
        ("KAFKA_SSL_CA_LOCATION", "/ca.pem", format!("`KAFKA_SSL_CA_LOCATION` = `/ca.pem`: {tls}")),
        ("KAFKA_SSL_KEY_PASSWORD", "secret", format!("`KAFKA_SSL_KEY_PASSWORD`: {tls}")),
        (
            "KAFKA_COMPRESSION_TYPE",
            "zstd",
            "`KAFKA_COMPRESSION_TYPE` = `zstd`: requires the feature `zstd` of `kafka-service`".into(),
        ),
        (
            "KAFKA_COMPRESSION_CODEC",
            "zstd",
            "`KAFKA_COMPRESSION_CODEC` = `zstd`: requires the feature `zstd` of `kafka-service`".into(),
        ),
        (
            "KAFKA_SASL_MECHANISM",
            "GSSAPI",
            "`KAFKA_SASL_MECHANISM` = `GSSAPI`: Kerberos requires the feature `gssapi` of `kafka-service`".into(),
        ),
        (
            "KAFKA_SASL_OAUTHBEARER_SCOPE",
            "all",
            "`KAFKA_SASL_OAUTHBEARER_SCOPE` = `all`: requires the feature `oidc` of `kafka-service`".into(),
        ),
    ];
    for (variable, value, expected) in cases {
        assert_eq!(read_for(PLAIN, &[(variable, value)]).unwrap_err().problems(), [expected]);
    }
    read_for(PLAIN, &[("KAFKA_COMPRESSION_TYPE", "lz4")]).unwrap();
    read_for(PLAIN, &[("KAFKA_SECURITY_PROTOCOL", "plaintext")]).unwrap();
}

#[test]
fn features_come_from_the_list_of_the_client_library() {
    use crate::config::Features;
    let built_in = Features::built_in("gzip,snappy,ssl,sasl,regex,lz4,sasl_gssapi,sasl_plain,sasl_scram,plugins");
    let expected = Features { kafka: true, tls: true, zstd: false, gssapi: Some(true), oidc: Some(false) };
    assert_eq!(built_in, expected);
    assert!(!Features::built_in("sasl_ssl_like,zstdx").tls);
}

#[test]
fn sasl_needs_a_mechanism_and_credentials() {
    let found = problem(&[("KAFKA_SECURITY_PROTOCOL", "sasl_ssl")]);
    assert!(
        found.starts_with("`KAFKA_SECURITY_PROTOCOL` = `sasl_ssl`: requires `sasl.mechanism` (`KAFKA_SASL_MECHANISM`)")
    );
    let expected = [
        "`KAFKA_SASL_MECHANISM` = `PLAIN`: requires `sasl.password` (`KAFKA_SASL_PASSWORD`)",
        "`KAFKA_SASL_MECHANISM` = `PLAIN`: requires `sasl.username` (`KAFKA_SASL_USERNAME`)",
    ];
    assert_eq!(bad(&[("KAFKA_SECURITY_PROTOCOL", "sasl_ssl"), ("KAFKA_SASL_MECHANISM", "PLAIN")]), expected);
    // One client has them, the other does not.
    let one =
        [("KAFKA_SECURITY_PROTOCOL", "sasl_ssl"), ("KAFKA_SASL_MECHANISM", "PLAIN"), ("KAFKA_SASL_USERNAME", "a")];
    assert_eq!(problem(&[one.as_slice(), &[("KAFKA_CONSUMER_SASL_PASSWORD", "x")]].concat()), expected[0]);
}

#[test]
fn an_unsigned_token_is_described_by_known_words() {
    let of = |config: &'static str| {
        let variables = [
            ("KAFKA_SECURITY_PROTOCOL", "sasl_ssl"),
            ("KAFKA_SASL_MECHANISM", "OAUTHBEARER"),
            ("KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT", "true"),
            ("KAFKA_SASL_OAUTHBEARER_CONFIG", config),
        ];
        read_for(super::ALL, &variables).err().map(|error| error.problems().to_vec())
    };
    assert_eq!(of("principal=shop scope=a,b extension_team=x"), None);
    for wrong in ["MARKER-token", "principal=shop MARKER", "principal"] {
        let expected = "`KAFKA_SASL_OAUTHBEARER_CONFIG`: expected words such as `principal=shop scope=orders \
                        lifeSeconds=3600`";
        assert_eq!(of(wrong), Some(vec![expected.to_owned()]));
    }
}

#[test]
fn the_embedded_broker_has_no_security() {
    let found = problem(&[("KAFKA_BOOTSTRAP_SERVERS", "embedded"), ("KAFKA_SECURITY_PROTOCOL", "ssl")]);
    assert_eq!(found, "`KAFKA_SECURITY_PROTOCOL` = `ssl`: the embedded broker supports only `plaintext`");
    good(&[("KAFKA_BOOTSTRAP_SERVERS", "embedded"), ("KAFKA_SECURITY_PROTOCOL", "plaintext")]);
}

#[test]
fn weak_or_unused_security_settings_are_warnings() {
    assert_eq!(
        warning(&[("KAFKA_SASL_PASSWORD", "x")]),
        "`KAFKA_SASL_PASSWORD` has no effect: the security protocol is `plaintext`"
    );
    let ssl = ("KAFKA_SECURITY_PROTOCOL", "ssl");
    let found = warning(&[ssl, ("KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM", "none")]);
    assert!(found.contains("any host with a certificate from a trusted CA can impersonate the broker"), "{found}");
    let found = warning(&[ssl, ("KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION", "false")]);
    assert!(found.contains("any server can impersonate the broker"), "{found}");
    let mut plain = SCRAM;
    plain[0].1 = "sasl_plaintext";
    plain[1].1 = "PLAIN";
    let mechanisms = [
        ("PLAIN", "the password is sent unencrypted; use `sasl_ssl`"),
        ("SCRAM-SHA-256", "the connection is not encrypted; use `sasl_ssl`"),
        ("OAUTHBEARER", "the token is sent unencrypted; use `sasl_ssl`"),
    ];
    for (mechanism, what) in mechanisms {
        plain[1].1 = mechanism;
        assert_eq!(warning(&plain), format!("`KAFKA_SECURITY_PROTOCOL` = `sasl_plaintext`: {what}"));
    }
}

#[test]
fn statistics_are_accepted_but_reach_no_client() {
    let statistics = [("KAFKA_STATISTICS_INTERVAL_MS", "1000"), ("KAFKA_CONSUMER_STATISTICS_INTERVAL_MS", "500")];
    let config = good(&statistics);
    assert_eq!((consumer(&config), producer(&config)), (pairs(&[]), pairs(&[])));
    let expected = statistics
        .map(|(name, _)| format!("`{name}` has no effect: kafka-service does not use the statistics of the client"));
    let mut warnings = config.warnings();
    warnings.reverse();
    assert_eq!(warnings, expected);
    assert!(good(&[("KAFKA_STATISTICS_INTERVAL_MS", "0")]).warnings().is_empty(), "0 is the default");
}
