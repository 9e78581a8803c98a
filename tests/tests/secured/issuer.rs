//! An issuer of tokens: wrong ones, none, and those that expire.

use std::time::Duration;

use kafka_service_tests::{Answer, Issuer, Kafka, User, Workload, wait_until};

use crate::service::{MINUTE, allow, end, feed, named, not_ready, start, whole};

const RATE: usize = 200;

#[test]
fn a_token_that_the_broker_rejects_and_then_a_good_one() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    issuer.answer(Answer::Forged);
    issuer.lifetime(Duration::from_secs(10));
    let workload = named(kafka).with_client_credentials(kafka, &issuer, &user);
    allow(kafka, &user, &workload);
    let mut worker = not_ready(&workload, "invalid_token");
    issuer.answer(Answer::Token);
    worker.wait_for_line(MINUTE, "health: ready");
    end(worker);
}

#[test]
fn a_wrong_client_secret() {
    let Some(kafka) = Kafka::secured() else { return };
    let user = User { password: "wrong-secret".to_owned(), ..kafka.user() };
    let issuer = Issuer::start(kafka);
    let mut worker = not_ready(&named(kafka).with_client_credentials(kafka, &issuer, &user), "no broker is reachable");
    let line = worker.wait_for_line(MINUTE, "Failed to retrieve OIDC token");
    assert!(line.contains("wrong client secret"), "{line}");
    assert_eq!(worker.count(&user.password), 0, "{}", worker.output());
}

/// Librdkafka repeats the request for most of a minute before it says anything.
#[test]
fn a_token_service_that_is_down_and_comes_back() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    issuer.answer(Answer::Status(503));
    let workload = named(kafka).with_client_credentials(kafka, &issuer, &user);
    allow(kafka, &user, &workload);
    let mut worker = not_ready(&workload, "no broker is reachable");
    let line = worker.wait_for_line(2 * MINUTE, "Failed to retrieve OIDC token");
    assert!(line.contains("temporarily_unavailable"), "{line}");
    issuer.answer(Answer::Token);
    worker.wait_for_line(MINUTE, "health: ready");
    end(worker);
}

/// The broker ends a session with its token, so the client must get a new one and authenticate again before that.
#[test]
fn tokens_that_expire_under_load_cost_nothing() {
    let Some(kafka) = Kafka::secured() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    issuer.lifetime(Duration::from_secs(8));
    let workload = Workload::new(kafka, "tokens", 4);
    allow(kafka, &user, &workload);
    let mut worker = start(&workload.clone().with_client_credentials(kafka, &issuer, &user));
    worker.wait_for_line(MINUTE, "health: ready");
    let feeder = feed(kafka, &workload, RATE);
    let before = issuer.requests();
    // Two clients, and a new token for each before six seconds have passed.
    wait_until(MINUTE, "new tokens", || issuer.requests() >= before + 8);
    feeder.stop();
    let fed = feeder.finish();
    let report = whole(kafka, &workload, fed);
    assert_eq!(report.duplicates, 0, "{report:?}");
    assert_eq!(worker.count("health: ready"), 1, "it was ready all the time: {}", worker.output());
    end(worker);
}
