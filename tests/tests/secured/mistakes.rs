//! Wrong settings and wrong certificates: the service does not start, or is not ready, with the reason; it is ready when
//! the fault is mended.

use kafka_service_tests::{Kafka, NewCertificate, User, Workload};

use crate::service::{MINUTE, allow, end, named, not_ready, start};

/// Librdkafka says the same of an unknown authority, a wrong host name and an expired certificate.
const UNVERIFIED: &str = "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate \
                          could not be verified";
const NO_CERTIFICATE: &str = "ssl/tls alert bad certificate: SSL alert number 42";

/// Starts a service that must end with this text.
#[track_caller]
fn does_not_start(workload: &Workload, text: &str) {
    let mut worker = start(workload);
    assert!(!worker.wait(MINUTE).success(), "{}", worker.output());
    assert_eq!(worker.count(text), 1, "{}", worker.output());
}

#[test]
fn a_ca_file_that_does_not_exist() {
    let Some(kafka) = Kafka::secured() else { return };
    let workload = named(kafka).over_tls(kafka).set("KAFKA_SSL_CA_LOCATION", "/no/such/ca.pem");
    does_not_start(&workload, "ssl.ca.location failed: error:05880020:x509 certificate routines::BIO lib");
}

#[test]
fn a_broker_of_another_authority() {
    let Some(kafka) = Kafka::secured() else { return };
    let other = kafka.certificate(&NewCertificate::of("any").signed_by("other")).authority.display().to_string();
    not_ready(&named(kafka).over_tls(kafka).set("KAFKA_SSL_CA_LOCATION", &other), UNVERIFIED);
}

#[test]
fn an_expired_broker_certificate_and_its_successor() {
    replaced(&NewCertificate::of("localhost").expired());
}

#[test]
fn a_broker_certificate_of_another_host_and_its_successor() {
    replaced(&NewCertificate::of("localhost").hosts("DNS:other.example"));
}

/// The broker shows a wrong certificate, then a good one.
#[track_caller]
fn replaced(wrong: &NewCertificate) {
    let Some(kafka) = Kafka::secured_alone() else { return };
    kafka.serve("ssl", &kafka.certificate(wrong));
    let mut worker = not_ready(&named(&kafka).over_tls(&kafka), UNVERIFIED);
    kafka.serve("ssl", &kafka.certificate(&NewCertificate::of("localhost")));
    worker.wait_for_line(MINUTE, "health: ready");
    end(worker);
}

#[test]
fn no_client_certificate() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = named(kafka).over_tls(kafka);
    workload.bootstrap = kafka.listener("mtls");
    not_ready(&workload, NO_CERTIFICATE);
}

/// OpenSSL does not send a certificate of an authority that the broker does not trust.
#[test]
fn a_client_certificate_of_another_authority() {
    let Some(kafka) = Kafka::secured() else { return };
    let other = kafka.certificate(&NewCertificate::of("user-1").signed_by("other"));
    not_ready(&named(kafka).with_certificate(kafka, &other), NO_CERTIFICATE);
}

#[test]
fn an_expired_client_certificate() {
    let Some(kafka) = Kafka::secured() else { return };
    let expired = kafka.certificate(&NewCertificate::of("user-1").expired());
    not_ready(&named(kafka).with_certificate(kafka, &expired), "ssl/tls alert certificate unknown");
}

#[test]
fn a_wrong_and_a_missing_password_of_a_key() {
    let Some(kafka) = Kafka::secured() else { return };
    let certificate = kafka.certificate(&NewCertificate::of("user-1").password("right"));
    let workload = named(kafka).with_certificate(kafka, &certificate);
    let text = "ssl.key.location failed: error:0A080009:SSL routines::PEM lib";
    does_not_start(&workload, text);
    does_not_start(&workload.set("KAFKA_SSL_KEY_PASSWORD", "wrong"), text);
}

#[test]
fn a_wrong_password_of_plain() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = User { password: "wrong-secret".to_owned(), ..kafka.user() };
    let worker = not_ready(
        &named(kafka).with_password(kafka, &user, "PLAIN"),
        "SASL authentication error: Authentication failed: Invalid username or password",
    );
    assert_eq!(worker.count(&user.password), 0, "{}", worker.output());
}

#[test]
fn a_wrong_password_of_scram_and_the_right_one() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    kafka.set_password(&user);
    let wrong = User { password: "wrong-secret".to_owned(), ..user };
    let workload = named(kafka).with_password(kafka, &wrong, "SCRAM-SHA-512");
    allow(kafka, &wrong, &workload);
    let mut worker = not_ready(&workload, "invalid credentials with SASL mechanism SCRAM-SHA-512");
    kafka.set_password(&wrong);
    worker.wait_for_line(MINUTE, "health: ready");
    let log = end(worker);
    assert!(!log.contains(&wrong.password), "{log}");
}

#[test]
fn a_mechanism_that_the_broker_does_not_offer() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = named(kafka).with_password(kafka, &kafka.user(), "SCRAM-SHA-256");
    workload.bootstrap = kafka.listener("sasl");
    not_ready(
        &workload.set("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        "SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported \
         mechanisms: PLAIN",
    );
}

#[test]
fn tls_to_a_plaintext_port() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = named(kafka).over_tls(kafka);
    workload.bootstrap = kafka.listener("plaintext");
    not_ready(&workload, "connecting to a PLAINTEXT broker listener?");
}

#[test]
fn plaintext_to_a_tls_port() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = named(kafka);
    workload.bootstrap = kafka.listener("ssl");
    not_ready(&workload, "Disconnected: connection closed by peer: receive 0 after POLLIN");
}

#[test]
fn plaintext_to_a_port_with_passwords() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut workload = named(kafka);
    workload.bootstrap = kafka.listener("sasl");
    not_ready(&workload, "no broker is reachable");
}
