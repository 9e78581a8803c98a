//! A client certificate is replaced while a service runs under load.

use std::{fs, path::Path, time::Duration};

use kafka_service_tests::{Kafka, NewCertificate, wait_until};

use crate::service::{MINUTE, allow, end, feed, named, start, whole};

/// How long the first certificate is valid, in seconds.
const LIFETIME: &str = "ROTATION_SECONDS";

fn lifetime() -> Duration {
    let seconds = std::env::var(LIFETIME).ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(40))
}

/// As an orchestrator does it: all at once.
fn replace(file: &Path, by: &Path) {
    let new = file.with_extension("new");
    fs::copy(by, &new).expect("a file can be copied");
    fs::rename(new, file).expect("a file can be renamed");
}

#[test]
fn a_certificate_is_replaced_before_it_expires() {
    let Some(kafka) = Kafka::secured_alone() else { return };
    let user = kafka.user();
    let old = kafka.certificate(&NewCertificate::of(&user.name).valid_for(lifetime()));
    let workload = named(&kafka);
    allow(&kafka, &user, &workload);
    let mut worker = start(&workload.clone().with_certificate(&kafka, &old));
    worker.wait_for_line(MINUTE, "health: ready");
    let feeder = feed(&kafka, &workload, 200);

    // From a quarter of the lifetime on.
    let line = worker.wait_for_line(lifetime() + MINUTE, "certificate expires soon");
    assert!(line.contains(&format!("CN={}", user.name)) && line.contains("expires_in="), "{line}");
    let new = kafka.certificate(&NewCertificate::of(&user.name));
    let assigned = worker.count("partitions assigned");
    replace(&old.key, &new.key);
    replace(&old.file, &new.file);
    worker.wait_for_line(MINUTE, "certificate or secret files have changed; renewing the clients");
    wait_until(MINUTE, "the consumer to be renewed", || worker.count("partitions assigned") > assigned);

    // Only the new certificate can connect again.
    std::thread::sleep(lifetime() / 4);
    kafka.kill(1);
    kafka.restart(1);
    let before = feeder.acknowledged();
    wait_until(MINUTE, "more commands", || feeder.acknowledged() > before + 400);
    feeder.stop();
    let report = whole(&kafka, &workload, feeder.finish());
    assert_eq!(report.dead_letters, 0, "{report:?}");
    let log = end(worker);
    assert!(!log.contains("expired"), "{log}");
}
