//! A password that is changed on the broker and in the service's file.

use std::fs;

use kafka_service_tests::{Kafka, User, Workload, wait_until};

use crate::service::{MINUTE, allow, end, feed, secret_file, start, whole};

const RATE: usize = 200;
/// Sessions of SCRAM end after this time, so that a client notices a changed password.
const SESSION: (&str, &str) = ("listener.name.sasl_ssl.scram-sha-512.connections.max.reauth.ms", "2000");

#[test]
fn a_password_changed_under_load_costs_only_time() {
    let Some(kafka) = Kafka::secured_with(&[SESSION]) else { return };
    let user = kafka.user();
    kafka.set_password(&user);
    let workload = Workload::new(&kafka, "password", 4);
    allow(&kafka, &user, &workload);
    let file = secret_file(&user.password);
    let of_worker = workload.clone().with_password(&kafka, &user, "SCRAM-SHA-512").set("KAFKA_SASL_PASSWORD", "");
    let of_worker = of_worker.set("KAFKA_SASL_PASSWORD_FILE", &file.display().to_string());
    let mut worker = start(&of_worker);
    worker.wait_for_line(MINUTE, "health: ready");
    let feeder = feed(&kafka, &workload, RATE);
    wait_until(MINUTE, "some load", || feeder.acknowledged() > 5 * RATE);

    let changed = User { password: format!("{}-changed", user.password), ..user.clone() };
    kafka.set_password(&changed);
    worker.wait_for_line(MINUTE, "health: not ready");
    fs::write(&file, &changed.password).expect("the file can be written");
    let (ready, assigned) = (worker.count("health: ready"), worker.count("partitions assigned"));
    worker.wait_for_line(MINUTE, "renewing the clients");
    wait_until(MINUTE, "the service to be ready again", || {
        let is_renewed = worker.count("health: ready") > ready && worker.count("partitions assigned") > assigned;
        if is_renewed { Ok(()) } else { Err(worker.output()) }
    });

    let so_far = feeder.acknowledged();
    wait_until(MINUTE, "more load", || feeder.acknowledged() > so_far + 3 * RATE);
    feeder.stop();
    let fed = feeder.finish();
    whole(&kafka, &workload, fed);
    let log = end(worker);
    assert!(!log.contains(&user.password) && !log.contains(&changed.password), "{log}");
    fs::remove_file(file).expect("the file exists");
}
