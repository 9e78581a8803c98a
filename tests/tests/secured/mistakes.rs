//! Wrong certificates, passwords, mechanisms and tokens: one line says which and why, and the service goes on when it is
//! mended on the broker. Files that cannot be used: it does not start.

use std::time::Duration;

use kafka_service_tests::{Certificate, Kafka, NewCertificate, On, Process, User, Workload};

use crate::service::{MINUTE, end, spread, start, whole};

/// How long it may take until the reason is reported.
const NOTICED: Duration = Duration::from_secs(25);

/// A rejected client goes on when the broker accepts it.
#[track_caller]
fn recovers(kafka: &Kafka, workload: &Workload, mut worker: Process) {
    worker.wait_for_line(MINUTE, "health: ready");
    workload.send(kafka, (0..20).map(spread));
    whole(kafka, workload, 20);
    end(worker);
}

/// A certificate of the broker that its clients do not accept, and the good one again.
fn broker_certificate(new: &NewCertificate, causes: &[&str]) {
    let Some(kafka) = Kafka::secured_alone() else { return };
    let good = kafka.certificate(&NewCertificate::of("localhost"));
    kafka.serve("ssl", &kafka.certificate(new));
    let workload = Workload::new(&kafka, "certificate", 2).over_tls(&kafka);
    let worker = start(&workload);
    let line = worker.only_warning(
        NOTICED,
        "no TLS connection to the brokers at",
        &format!("{} has the certificate `CN=", workload.bootstrap),
    );
    causes.iter().for_each(|cause| assert!(line.contains(cause), "no {cause} in {line}"));
    kafka.serve("ssl", &good);
    recovers(&kafka, &workload, worker);
}

#[test]
fn an_unknown_authority_is_named() {
    let new = NewCertificate::of("localhost").signed_by("other");
    broker_certificate(
        &new,
        &[
            "`CN=localhost` for 127.0.0.1, localhost",
            "issued by `CN=kafka-test other`",
            "valid until",
            "unable to get local issuer certificate (code 20)",
            "ca.pem` (KAFKA_SSL_CA_LOCATION)",
        ],
    );
}

#[test]
fn another_host_name_is_named() {
    let new = NewCertificate::of("elsewhere").hosts("DNS:broker.example,IP:10.1.2.3");
    broker_certificate(
        &new,
        &["`CN=elsewhere` for broker.example, 10.1.2.3", "(code 64)", "`127.0.0.1` is none of its names"],
    );
}

#[test]
fn an_expired_certificate_is_named() {
    let new = NewCertificate::of("localhost").expired();
    broker_certificate(&new, &["certificate has expired (code 10)", "renew the certificate of the broker"]);
}

#[test]
fn a_tls_client_of_a_plaintext_listener_is_told_so() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = Workload::new(kafka, "no-tls", 1).over_tls(kafka);
    workload.bootstrap = kafka.listener("plaintext");
    let worker = start(&workload);
    let cause = "speaks Kafka without TLS, but KAFKA_SECURITY_PROTOCOL is `ssl`: is it right?";
    _ = worker.only_warning(NOTICED, "no broker is reachable", cause);
    end(worker);
}

#[test]
fn a_missing_client_certificate_is_reported() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = Workload::new(kafka, "no-certificate", 1).over_tls(kafka);
    workload.bootstrap = kafka.listener("mtls");
    let worker = start(&workload);
    let line = worker.only_warning(NOTICED, "no TLS connection", "does not accept a client without a certificate: ");
    assert!(line.contains("set KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION"), "{line}");
    end(worker);
}

#[test]
fn a_rejected_client_certificate_is_named() {
    let Some(kafka) = Kafka::secured() else { return };
    let certificate = kafka.certificate(&NewCertificate::of("stranger").signed_by("strangers"));
    let workload = Workload::new(kafka, "stranger", 1).with_certificate(kafka, &certificate);
    let worker = start(&workload);
    let line = worker.only_warning(NOTICED, "no TLS connection", "rejects the client's certificate `CN=stranger`");
    assert!(line.contains("issued by `CN=kafka-test strangers`"), "{line}");
    end(worker);
}

#[test]
fn a_user_without_a_scram_password_recovers() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::new(kafka, "scram", 2);
    kafka.allow_service(&user, &workload);
    let workload = workload.with_password(kafka, &user, "SCRAM-SHA-512");
    let worker = start(&workload);
    let cause = format!("rejects User:{} (sasl_ssl, SCRAM-SHA-512): ", user.name);
    _ = worker.only_warning(NOTICED, "authentication at", &cause);
    assert!(!worker.output().contains(&user.password));
    kafka.set_password(&user);
    recovers(kafka, &workload, worker);
}

#[test]
fn a_mechanism_that_is_not_offered_is_named_with_those_that_are() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload =
        Workload::new(kafka, "mechanism", 1).as_user(kafka, &user).set("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256");
    let worker = start(&workload);
    let line = worker.only_warning(NOTICED, "authentication at", "(sasl_plaintext, SCRAM-SHA-256): ");
    assert!(line.contains("supported mechanisms: PLAIN"), "{line}");
    end(worker);
}

#[test]
fn a_refused_token_is_reported() {
    let Some(kafka) = Kafka::secured() else { return };
    let workload = Workload::new(kafka, "token", 1)
        .with_tokens(kafka)
        .set("KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT", "true")
        .set("KAFKA_SASL_OAUTHBEARER_CONFIG", "principal=stranger");
    let worker = start(&workload);
    let line = worker.only_warning(NOTICED, "authentication at", "rejects the client (sasl_ssl, OAUTHBEARER): ");
    assert!(line.contains("where the token or ticket comes from"), "{line}");
    end(worker);
}

/// The principal of a certificate is in the command that grants a permission.
#[test]
fn a_missing_permission_names_the_certificate() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::new(kafka, "principal", 1);
    kafka.allow_service(&user, &workload);
    kafka.revoke(&user, "read", On::Group(&workload.group));
    let certificate = kafka.certificate(&NewCertificate::of(&user.name));
    let worker = start(&workload.clone().with_certificate(kafka, &certificate));
    let line = worker.only_warning(NOTICED, "READ on group", &format!("denied to User:CN={} at ", user.name));
    assert!(line.contains(&format!("--allow-principal 'User:CN={}' --operation Read", user.name)), "{line}");
    kafka.allow(&user, "read", On::Group(&workload.group));
    recovers(kafka, &workload, worker);
}

#[test]
fn unusable_files_are_reported_together_at_start() {
    let Some(kafka) = Kafka::secured() else { return };
    let certificate = kafka.certificate(&NewCertificate::of("shop").password("right-password"));
    let workload = Workload::new(kafka, "files", 1)
        .with_certificate(kafka, &certificate)
        .set("KAFKA_SSL_KEY_PASSWORD", "wrong-password")
        .set("KAFKA_SSL_CA_LOCATION", "/no/such/ca.pem")
        .set("KAFKA_MAX_IN_FLIGHT", "none");
    let mut worker = start(&workload);
    assert!(!worker.wait(MINUTE).success());
    let output = worker.output();
    let expected = [
        "invalid configuration, 3 problems:",
        "- `KAFKA_MAX_IN_FLIGHT` = `none`",
        "- `KAFKA_SSL_CA_LOCATION` = `/no/such/ca.pem`: cannot read the file: No such file or directory",
        "- `KAFKA_SSL_KEY_PASSWORD`: is not the password of the private key of `KAFKA_SSL_KEY_LOCATION`",
    ];
    expected.iter().for_each(|text| assert!(output.contains(text), "no {text} in {output}"));
    assert!(!output.contains("wrong-password"), "{output}");
}

/// One of three brokers has a certificate that the client does not accept.
#[test]
fn a_broker_that_is_not_accepted_is_named_while_others_are() {
    let Some(kafka) = Kafka::three_secured_nodes() else { return };
    let keystore = |new| {
        let certificate: Certificate = kafka.certificate(&new);
        certificate.file.with_extension("keystore.pem").display().to_string()
    };
    let serve = |keystore: &str| {
        kafka.kill(3);
        kafka.restart_with(3, &[("listener.name.ssl.ssl.keystore.location", keystore)]);
    };
    let (good, expired) = (NewCertificate::of("localhost"), NewCertificate::of("localhost").expired());
    let workload = Workload::new(&kafka, "one-of-three", 6).over_tls(&kafka);
    serve(&keystore(expired));
    let mut worker = start(&workload);
    let line = worker.wait_for_line(MINUTE, "a broker rejects the connection; others do not");
    assert!(line.contains("certificate has expired (code 10)"), "{line}");
    serve(&keystore(good));
    let before = worker.count("a broker rejects the connection");
    recovers(&kafka, &workload, worker);
    assert_eq!(before, 1);
}

/// What is wrong with the files of the client.
#[track_caller]
fn refused(workload: &Workload, text: &str) {
    let mut worker = start(workload);
    assert!(!worker.wait(MINUTE).success(), "{}", worker.output());
    assert!(worker.count(text) > 0, "{}", worker.output());
}

#[test]
fn an_expired_client_certificate_is_refused_at_start() {
    let Some(kafka) = Kafka::secured() else { return };
    let expired = kafka.certificate(&NewCertificate::of("user-1").expired());
    let text = "the client certificate `CN=user-1`, issued by `CN=kafka-test ca`, expired at ";
    refused(&Workload::named(kafka, "expired").with_certificate(kafka, &expired), text);
}

#[test]
fn an_encrypted_key_without_a_password_is_refused_at_start() {
    let Some(kafka) = Kafka::secured() else { return };
    let certificate = kafka.certificate(&NewCertificate::of("user-1").password("right"));
    let text = "the private key is encrypted: set `ssl.key.password` (`KAFKA_SSL_KEY_PASSWORD` or";
    refused(&Workload::named(kafka, "encrypted").with_certificate(kafka, &certificate), text);
}

#[test]
fn a_wrong_password_of_plain_over_tls_is_reported_with_the_user() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = User { password: "wrong-secret".to_owned(), ..kafka.user() };
    let workload = Workload::new(kafka, "plain", 1).with_password(kafka, &user, "PLAIN");
    let worker = start(&workload);
    let cause = format!("rejects User:{} (sasl_ssl, PLAIN): ", user.name);
    _ = worker.only_warning(NOTICED, "authentication at", &cause);
    assert_eq!(worker.count(&user.password), 0, "{}", worker.output());
    end(worker);
}
