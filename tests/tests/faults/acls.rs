//! The permissions that the service lists are enough, and each of them is needed: a missing one is one line that names
//! the resource, the principal and the command that grants it.

use std::time::Duration;

use kafka_service::{
    Config, KafkaService,
    health::{Acl, Operation, Resource},
};
use kafka_service_tests::{Kafka, On, Process, User, Workload};

use crate::{MINUTE, end, health::says, spread, start, whole};

/// How long a missing permission may go unnoticed; the broker applies a change with a delay.
const NOTICED: Duration = Duration::from_secs(25);

/// The permissions of the worker, from the same settings.
fn listed(workload: &Workload, create_topics: bool) -> Vec<Acl> {
    let config = Config::new("worker")
        .commands_topics([workload.commands.as_str()])
        .events_topic(&workload.events)
        .group_id(&workload.group)
        .create_topics(create_topics);
    let service = KafkaService::new(config).on_command("work", |(): (), _: serde_json::Value| async {});
    service.required_acls().unwrap()
}

fn grant(kafka: &Kafka, user: &User, acl: &Acl) {
    let on = match &acl.resource {
        Resource::Topic(topic) => On::Topic(topic),
        Resource::Group(group) => On::Group(group),
        _ => On::Cluster,
    };
    kafka.allow(user, &acl.operation.to_string().to_lowercase(), on);
}

/// The one line about a missing permission.
#[track_caller]
fn line(worker: &Process, resource: &Resource) -> String {
    let resource = format!(" on {resource} is denied");
    let lines = worker.lines();
    let about = |text: &str| text.contains("health problem detected") && text.contains(&resource);
    let lines: Vec<_> = lines.iter().filter(|line| about(&line.text)).map(|line| line.text.clone()).collect();
    assert_eq!(lines.len(), 1, "{}", worker.output());
    lines[0].clone()
}

/// Grants all permissions but one, and then that one.
fn without(kafka: &Kafka, missing: usize) {
    let user = kafka.user();
    let workload = Workload::new(kafka, "acls", 2);
    let acls = listed(&workload, false);
    let last = &acls[missing];
    acls.iter().filter(|acl| *acl != last).for_each(|acl| grant(kafka, &user, acl));
    let worker = start(&workload.clone().as_user(kafka, &user), "only");
    says(&worker, NOTICED, &format!("on {} is denied", last.resource));
    let line = line(&worker, &last.resource);
    let who = format!("denied to User:{} at {} (sasl_plaintext, PLAIN)", user.name, kafka.listener("sasl"));
    assert!(line.contains(&who), "{line}");
    let command = format!("--add --allow-principal User:{} --operation", user.name);
    assert!(line.contains(&command) && !line.contains(&user.password), "{line}");
    let before = worker.count(" WARN ");
    workload.send(kafka, (0..50).map(spread));
    grant(kafka, &user, last);
    says(&worker, MINUTE, "health: ready");
    whole(kafka, &workload, 50);
    assert!(worker.count(" WARN ") - before < 5, "{}", worker.output());
    end(worker);
}

#[test]
fn the_group_permission_is_needed() {
    let Some(kafka) = Kafka::secured() else { return };
    without(kafka, 0);
}

#[test]
fn the_commands_permission_is_needed() {
    let Some(kafka) = Kafka::secured() else { return };
    without(kafka, 1);
}

#[test]
fn the_dead_letters_permission_is_needed() {
    let Some(kafka) = Kafka::secured() else { return };
    without(kafka, 2);
}

#[test]
fn the_events_permission_is_needed_and_there_are_no_others() {
    let Some(kafka) = Kafka::secured() else { return };
    without(kafka, 3);
    assert_eq!(listed(&Workload::named(kafka, "acls"), false).len(), 4);
}

#[test]
fn creating_topics_needs_the_listed_permissions() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::named(kafka, "creates").set("KAFKA_CREATE_TOPICS", "true");
    let (creates, others): (Vec<_>, Vec<_>) =
        listed(&workload, true).into_iter().partition(|acl| acl.operation == Operation::Create);
    others.iter().for_each(|acl| grant(kafka, &user, acl));
    let worker = start(&workload.clone().as_user(kafka, &user), "only");
    for acl in &creates {
        says(&worker, NOTICED, &format!("{acl} is denied"));
        let line = line(&worker, &acl.resource);
        let Resource::Topic(topic) = &acl.resource else { panic!("{acl}") };
        assert!(line.contains(&format!("User:{} --operation Create --topic {topic}", user.name)), "{line}");
        grant(kafka, &user, acl);
    }
    says(&worker, MINUTE, "health: ready");
    workload.send(kafka, (0..50).map(spread));
    whole(kafka, &workload, 50);
    assert!(worker.count(" WARN ") < 8, "{}", worker.output());
    end(worker);
}

#[test]
fn a_topic_that_may_not_be_described_is_named() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::new(kafka, "described", 2);
    kafka.allow_service(&user, &workload);
    let topics = [&workload.commands, &workload.events, &workload.dead_letters];
    topics.iter().for_each(|topic| kafka.deny(&user, "describe", On::Topic(topic)));
    let worker = start(&workload.clone().as_user(kafka, &user), "only");
    for topic in topics {
        says(&worker, NOTICED, &format!("DESCRIBE on topic `{topic}` is denied"));
        let line = line(&worker, &Resource::Topic(topic.clone()));
        assert!(line.contains(&format!("User:{} --operation Describe --topic {topic}", user.name)), "{line}");
        kafka.revoke(&user, "describe", On::Topic(topic));
    }
    says(&worker, MINUTE, "health: ready");
    workload.send(kafka, (0..50).map(spread));
    whole(kafka, &workload, 50);
    end(worker);
}

#[test]
fn an_idempotent_write_that_is_denied_is_named() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = kafka.user();
    let workload = Workload::new(kafka, "idempotent", 2);
    kafka.allow_service(&user, &workload);
    kafka.deny(&user, "write", On::Topic(&workload.events));
    kafka.deny(&user, "write", On::Topic(&workload.dead_letters));
    kafka.allow(&user, "describe", On::Topic(&workload.events));
    let worker = start(&workload.clone().as_user(kafka, &user), "only");
    says(&worker, NOTICED, "IDEMPOTENT_WRITE on the cluster is denied");
    let line = line(&worker, &Resource::Cluster);
    assert!(line.contains(&format!("User:{} --operation IdempotentWrite --cluster", user.name)), "{line}");
    kafka.revoke(&user, "write", On::Topic(&workload.events));
    kafka.revoke(&user, "write", On::Topic(&workload.dead_letters));
    kafka.allow_service(&user, &workload);
    says(&worker, MINUTE, "health: ready");
    end(worker);
}
