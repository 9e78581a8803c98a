//! Brokers that do not accept the connection, without TLS on our side: one line says why, and the service is not ready
//! for that reason.

use std::time::Duration;

use kafka_service_tests::{Kafka, Workload};

use crate::{end, start};

/// How long it may take until the reason is reported.
pub(crate) const NOTICED: Duration = Duration::from_secs(25);

#[test]
fn a_wrong_password_is_reported_with_the_user() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut user = kafka.user();
    user.password = "not-the-password".to_owned();
    let workload = Workload::new(kafka, "password", 1).as_user(kafka, &user);
    let worker = start(&workload, "only");
    let cause = format!("{} rejects User:{} (sasl_plaintext, PLAIN): ", workload.bootstrap, user.name);
    let line = worker.only_warning(NOTICED, &format!("authentication at {} failed", workload.bootstrap), &cause);
    assert!(line.contains("check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM"), "{line}");
    assert!(!worker.output().contains(&user.password));
    end(worker);
}

#[test]
fn a_plaintext_client_of_another_listener_is_told_so() {
    let Some(kafka) = Kafka::secured() else { return };
    for (listener, what) in [("ssl", "speaks TLS"), ("sasl_ssl", "speaks TLS"), ("sasl", "requires SASL")] {
        let mut workload = Workload::new(kafka, "plaintext", 1);
        workload.bootstrap = kafka.listener(listener);
        let worker = start(&workload, "only");
        let cause = format!("{} {what}, but KAFKA_SECURITY_PROTOCOL is `plaintext`: is it right?", workload.bootstrap);
        _ = worker.only_warning(NOTICED, "no broker is reachable", &cause);
        end(worker);
    }
}

#[test]
fn a_sasl_client_of_a_listener_without_sasl_is_told_so() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let mut workload = Workload::new(kafka, "no-sasl", 1).as_user(kafka, &user);
    workload.bootstrap = kafka.listener("plaintext");
    let worker = start(&workload, "only");
    let what = "does not offer SASL, but KAFKA_SECURITY_PROTOCOL is `sasl_plaintext`: is it right?";
    _ = worker.only_warning(NOTICED, "no broker is reachable", what);
    end(worker);
}
