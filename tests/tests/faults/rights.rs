//! Missing or revoked permissions: the service is not ready, names the permission and the resource, and recovers.

use std::{thread, time::Duration};

use kafka_service_tests::{Feeder, Kafka, On, Process, Workload};

use crate::{MINUTE, end, health::says, spread, start, whole, with_each_protocol};

/// How long a missing permission may go unnoticed; the broker applies a change with a delay.
const NOTICED: Duration = Duration::from_secs(25);

/// The warnings and errors in the log so far.
fn warnings(worker: &Process) -> usize {
    worker.count(" WARN ") + worker.count("ERROR ")
}

#[test]
fn a_service_waits_for_permission_to_its_group() {
    let Some(kafka) = Kafka::secured() else { return };
    with_each_protocol(|protocol| {
        let user = kafka.user();
        let workload = Workload::new(kafka, "group", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        kafka.allow_service(&user, &workload);
        kafka.revoke(&user, "read", On::Group(&workload.group));
        let mut worker = start(&workload.clone().as_user(kafka, &user), "only");
        says(&worker, NOTICED, &format!("READ on group `{}` is denied", workload.group));
        kafka.allow(&user, "read", On::Group(&workload.group));
        worker.wait_for_line(MINUTE, "health: ready");
        workload.send(kafka, (0..100).map(spread));
        whole(kafka, &workload, 100);
        end(worker);
    });
}

#[test]
fn revoking_group_permission_under_load_costs_only_time() {
    let Some(kafka) = Kafka::secured() else { return };
    with_each_protocol(|protocol| {
        let user = kafka.user();
        let workload = Workload::new(kafka, "group", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        kafka.allow_service(&user, &workload);
        let mut worker = start(&workload.clone().as_user(kafka, &user), "only");
        worker.wait_for_line(MINUTE, "health: ready");
        workload.send(kafka, (0..500).map(spread));
        kafka.revoke(&user, "read", On::Group(&workload.group));
        says(&worker, NOTICED, &format!("READ on group `{}` is denied", workload.group));
        let before = warnings(&worker);
        thread::sleep(Duration::from_secs(10));
        assert!(warnings(&worker) - before < 10, "{}", worker.output());
        kafka.allow(&user, "read", On::Group(&workload.group));
        says(&worker, MINUTE, "health: ready");
        whole(kafka, &workload, 500);
        end(worker);
    });
}

#[test]
fn an_idle_service_reports_a_revoked_read_permission() {
    let Some(kafka) = Kafka::secured() else { return };
    with_each_protocol(|protocol| {
        let user = kafka.user();
        let workload = Workload::new(kafka, "commands", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        kafka.allow_service(&user, &workload);
        let mut worker = start(&workload.clone().as_user(kafka, &user), "only");
        worker.wait_for_line(MINUTE, "health: ready");
        kafka.revoke(&user, "read", On::Topic(&workload.commands));
        kafka.allow(&user, "describe", On::Topic(&workload.commands));
        says(&worker, NOTICED, &format!("READ on topic `{}` is denied", workload.commands));
        let before = warnings(&worker);
        thread::sleep(Duration::from_secs(10));
        assert!(warnings(&worker) - before < 5, "{}", worker.output());
        kafka.allow(&user, "read", On::Topic(&workload.commands));
        says(&worker, NOTICED, "health: ready");
        workload.send(kafka, (0..100).map(spread));
        whole(kafka, &workload, 100);
        end(worker);
    });
}

#[test]
fn an_idle_service_without_write_permission_is_not_ready() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::new(kafka, "write", 2);
    kafka.allow(&user, "read", On::Topic(&workload.commands));
    kafka.allow(&user, "read", On::Group(&workload.group));
    for topic in [&workload.events, &workload.dead_letters] {
        kafka.allow(&user, "describe", On::Topic(topic));
    }
    let worker = start(&workload.clone().as_user(kafka, &user), "only");
    says(&worker, NOTICED, &format!("WRITE on topic `{}` is denied", workload.events));
    workload.send(kafka, (0..10).map(spread));
    let before = warnings(&worker);
    thread::sleep(Duration::from_secs(15));
    assert!(warnings(&worker) - before < 10, "{}", worker.output());
    kafka.allow(&user, "write", On::Topic(&workload.events));
    kafka.allow(&user, "write", On::Topic(&workload.dead_letters));
    says(&worker, MINUTE, "health: ready");
    whole(kafka, &workload, 10);
    end(worker);
}

/// One permission after another, at 200 commands per second.
#[test]
fn permissions_revoked_under_load_cost_only_time() {
    let Some(kafka) = Kafka::secured() else { return };
    with_each_protocol(|protocol| {
        let user = kafka.user();
        let workload = Workload::new(kafka, "load", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        kafka.allow_service(&user, &workload);
        let worker = start(&workload.clone().as_user(kafka, &user), "only");
        says(&worker, MINUTE, "health: ready");
        let topic = workload.commands.clone();
        let feeder = Feeder::start(kafka, 1_000_000, 200, move |n| (topic.clone(), spread(n).taking(0)));
        let permissions = [
            ("write", On::Topic(&workload.events), format!("topic `{}`", workload.events)),
            ("read", On::Topic(&workload.commands), format!("READ on topic `{}` is denied", workload.commands)),
            ("read", On::Group(&workload.group), format!("READ on group `{}` is denied", workload.group)),
        ];
        for (operation, on, problem) in permissions {
            kafka.revoke(&user, operation, on);
            says(&worker, NOTICED, &problem);
            kafka.allow(&user, operation, on);
            says(&worker, MINUTE, "health: ready");
        }
        feeder.stop();
        whole(kafka, &workload, feeder.finish());
        end(worker);
    });
}
