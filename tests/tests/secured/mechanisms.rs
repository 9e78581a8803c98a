//! Each way to connect, end to end.

use kafka_service_tests::{Issuer, Kafka, NewCertificate, User, Workload};

use crate::service::{allow, named, works};

/// A service of a user; its log must not contain the password.
#[track_caller]
fn works_for(kafka: &Kafka, user: &User, connect: impl FnOnce(Workload) -> Workload) {
    let workload = named(kafka);
    allow(kafka, user, &workload);
    let log = works(kafka, &connect(workload));
    assert!(!log.contains(&user.password), "{log}");
}

#[test]
fn tls() {
    let Some(kafka) = Kafka::secured() else { return };
    works(kafka, &named(kafka).over_tls(kafka));
}

#[test]
fn a_client_certificate() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let certificate = kafka.certificate(&NewCertificate::of(&user.name));
    works_for(kafka, &user, |workload| workload.with_certificate(kafka, &certificate));
}

#[test]
fn a_client_certificate_with_an_encrypted_key() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let certificate = kafka.certificate(&NewCertificate::of(&user.name).password(&user.password));
    works_for(kafka, &user, |workload| {
        workload.with_certificate(kafka, &certificate).set("KAFKA_SSL_KEY_PASSWORD", &user.password)
    });
}

#[test]
fn plain_over_tls() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    works_for(kafka, &user, |workload| workload.with_password(kafka, &user, "PLAIN"));
}

#[test]
fn scram_sha_256() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    kafka.set_password(&user);
    works_for(kafka, &user, |workload| workload.with_password(kafka, &user, "SCRAM-SHA-256"));
}

#[test]
fn scram_sha_512() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    kafka.set_password(&user);
    works_for(kafka, &user, |workload| workload.with_password(kafka, &user, "SCRAM-SHA-512"));
}

#[test]
fn tokens_by_client_credentials() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    works_for(kafka, &user, |workload| workload.with_client_credentials(kafka, &issuer, &user));
    assert!(issuer.requests() > 0);
}

#[test]
fn tokens_by_a_signed_assertion() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let key = issuer.assertion_key();
    works_for(kafka, &user, |workload| workload.with_assertion(kafka, &issuer, &user, &key));
    assert!(issuer.requests() > 0);
}
