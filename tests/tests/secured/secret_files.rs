//! Secrets in files, as an orchestrator mounts them.

use std::fs;

use kafka_service_tests::{Issuer, Kafka, NewCertificate};

use crate::service::{allow, named, secret_file, works};

#[test]
fn a_password_in_a_file() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    kafka.set_password(&user);
    let workload = named(kafka);
    allow(kafka, &user, &workload);
    let file = secret_file(&format!("{}\n", user.password));
    let workload = workload.with_password(kafka, &user, "SCRAM-SHA-512").set("KAFKA_SASL_PASSWORD", "");
    let log = works(kafka, &workload.set("KAFKA_SASL_PASSWORD_FILE", &file.display().to_string()));
    assert!(!log.contains(&user.password), "{log}");
    fs::remove_file(file).expect("the file exists");
}

#[test]
fn the_password_of_a_key_in_a_file() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let certificate = kafka.certificate(&NewCertificate::of(&user.name).password(&user.password));
    let workload = named(kafka);
    allow(kafka, &user, &workload);
    let file = secret_file(&format!("{}\n", user.password));
    let workload = workload.with_certificate(kafka, &certificate);
    let log = works(kafka, &workload.set("KAFKA_SSL_KEY_PASSWORD_FILE", &file.display().to_string()));
    assert!(!log.contains(&user.password), "{log}");
    fs::remove_file(file).expect("the file exists");
}

#[test]
fn a_key_in_a_file_of_its_own_variable() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let certificate = kafka.certificate(&NewCertificate::of(&user.name));
    let workload = named(kafka);
    allow(kafka, &user, &workload);
    let workload = workload.with_certificate(kafka, &certificate).set("KAFKA_SSL_KEY_LOCATION", "");
    works(kafka, &workload.set("KAFKA_SSL_KEY_PEM_FILE", &certificate.key.display().to_string()));
}

#[test]
fn a_client_secret_in_a_file() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = named(kafka);
    allow(kafka, &user, &workload);
    let file = secret_file(&format!("{}\n", user.password));
    let workload = workload.with_client_credentials(kafka, &issuer, &user);
    let workload = workload.set("KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET", "");
    let log = works(kafka, &workload.set("KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET_FILE", &file.display().to_string()));
    assert!(!log.contains(&user.password), "{log}");
    fs::remove_file(file).expect("the file exists");
}

#[test]
fn the_password_of_an_assertion_key_in_a_file() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = named(kafka);
    allow(kafka, &user, &workload);
    let key = issuer.encrypted_assertion_key(&user.password);
    let file = secret_file(&format!("{}\n", user.password));
    let workload = workload.with_assertion(kafka, &issuer, &user, &key);
    let variable = "KAFKA_SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_PASSPHRASE_FILE";
    let log = works(kafka, &workload.set(variable, &file.display().to_string()));
    assert!(!log.contains(&user.password), "{log}");
    fs::remove_file(file).expect("the file exists");
}
