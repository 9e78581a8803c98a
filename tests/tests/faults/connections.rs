//! Brokers that do not accept the connection, without TLS on our side: one line says why, and the service is not ready
//! for that reason.

use std::{thread, time::Duration};

use kafka_service_tests::{Kafka, Process, Workload};

use crate::{MINUTE, end, health::says, spread, start, whole};

/// How long it may take until the reason is reported.
pub(crate) const NOTICED: Duration = Duration::from_secs(25);

/// Waits for the reason, and returns the only line about it. More than one a minute would be noise.
#[track_caller]
pub(crate) fn only_line(worker: &Process, reason: &str, cause: &str) -> String {
    says(worker, NOTICED, cause);
    says(worker, Duration::ZERO, reason);
    // What would be repeated is repeated by now.
    thread::sleep(Duration::from_secs(4));
    let loud = |text: &str| text.contains(" WARN ") || text.contains("ERROR ");
    // A new cluster is still loading the coordinators.
    let is_connection = |text: &str| !text.contains("configuration warning") && !text.contains("GETPID");
    let lines = worker.lines();
    let lines: Vec<_> = lines.iter().map(|line| &line.text).filter(|text| loud(text) && is_connection(text)).collect();
    assert_eq!(lines.len(), 1, "{}", worker.output());
    assert!(lines[0].contains(reason) && lines[0].contains(cause), "{}", lines[0]);
    lines[0].clone()
}

#[test]
fn a_wrong_password_is_reported_with_the_user() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut user = kafka.user();
    user.password = "not-the-password".to_owned();
    let workload = Workload::new(kafka, "password", 1).as_user(kafka, &user);
    let worker = start(&workload, "only");
    let cause = format!("{} rejects User:{} (sasl_plaintext, PLAIN): ", workload.bootstrap, user.name);
    let line = only_line(&worker, &format!("authentication at {} failed", workload.bootstrap), &cause);
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
        only_line(&worker, "no broker is reachable", &cause);
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
    only_line(&worker, "no broker is reachable", what);
    end(worker);
}

/// A rejected client goes on when the broker accepts it.
#[track_caller]
pub(crate) fn recovers(kafka: &Kafka, workload: &Workload, worker: Process) {
    says(&worker, MINUTE, "health: ready");
    workload.send(kafka, (0..20).map(spread));
    whole(kafka, workload, 20);
    end(worker);
}
