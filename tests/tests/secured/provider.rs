//! Tokens that the program provides: one for all clients, renewed under load, and the faults of a token service.

use std::{sync::OnceLock, time::Duration};

use kafka_service::{
    Config, Publisher,
    oauth::{Token, TokenProvider},
};
use kafka_service_tests::{Answer, Feeder, Issuer, Kafka, Process, TokenSource, User, Workload, wait_until};

use crate::service::{MINUTE, allow, end, spread, start, whole};

/// Short enough to expire several times in a test.
const SHORT: Duration = Duration::from_secs(10);
/// Commands a second.
const RATE: usize = 200;

/// A broker that does not accept a token for another 30 s after its expiry.
fn kafka() -> Option<&'static Kafka> {
    static KAFKA: OnceLock<Option<Kafka>> = OnceLock::new();
    let skew = ("listener.name.sasl_ssl.sasl.oauthbearer.clock.skew.seconds", "0");
    KAFKA.get_or_init(|| Kafka::secured_with(&[skew])).as_ref()
}

/// Starts a worker that asks the issuer for its tokens.
fn start_with(kafka: &Kafka, workload: &Workload, issuer: &Issuer, user: &User) -> Process {
    let (name, value) = TokenSource::variable(&issuer.url(), &user.name, &user.password);
    start(&workload.clone().with_tokens(kafka).set(name, &value))
}

/// Waits until the worker's last word about its health has this text.
#[track_caller]
fn says(worker: &Process, text: &str) -> String {
    wait_until(MINUTE, &format!("the health to be {text:?}"), || {
        let lines = worker.lines();
        let last = lines.iter().rev().map(|line| line.text.as_str()).find(|line| line.starts_with("health: "));
        last.filter(|line| line.contains(text)).map(str::to_owned).ok_or_else(|| worker.output())
    })
}

/// Waits for a line with this text.
#[track_caller]
fn logs(worker: &Process, text: &str) -> String {
    wait_until(MINUTE, &format!("a line with {text:?}"), || {
        let lines = worker.lines();
        let line = lines.iter().find(|line| line.text.contains(text));
        line.map(|line| line.text.clone()).ok_or_else(|| worker.output())
    })
}

/// Waits until the provider has asked so many times more.
#[track_caller]
fn asks(issuer: &Issuer, more: usize) {
    let before = issuer.requests();
    wait_until(MINUTE, &format!("{more} requests"), || match issuer.requests() - before {
        now if now >= more => Ok(()),
        now => Err(now),
    });
}

/// The warnings and errors in the log so far, without those about the environment of the test.
fn warnings(worker: &Process) -> usize {
    worker.count(" WARN ") + worker.count("ERROR ") - worker.count("configuration warning")
}

/// A ready worker with short-lived tokens, and commands for it.
fn under_load(kafka: &Kafka, issuer: &Issuer, seconds: usize) -> (Workload, Process, Feeder) {
    let user = kafka.user();
    let workload = Workload::new(kafka, "tokens", 4);
    allow(kafka, &user, &workload);
    issuer.lifetime(SHORT);
    let worker = start_with(kafka, &workload, issuer, &user);
    says(&worker, "health: ready");
    let commands = workload.commands.clone();
    let feeder = Feeder::start(kafka, seconds * RATE, RATE, move |number| (commands.clone(), spread(number)));
    (workload, worker, feeder)
}

#[test]
fn one_token_serves_all_clients() {
    let Some(kafka) = kafka() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = Workload::named(kafka, "provider").set("KAFKA_CREATE_TOPICS", "true");
    allow(kafka, &user, &workload);
    // The token must not be in the log of the client either.
    let verbose = workload.clone().set("RUST_LOG", "trace").set("KAFKA_DEBUG", "all");
    let mut worker = start_with(kafka, &verbose, &issuer, &user);
    worker.wait_for_line(MINUTE, "health: ready");
    workload.send(kafka, (0..200).map(|number| spread(number).kind(if number % 20 == 7 { "poison" } else { "ok" })));
    let report = whole(kafka, &workload, 200);
    assert_eq!((report.dead_letters, report.duplicates), (10, 0), "{report:?}");
    let log = end(worker);
    assert_eq!(issuer.requests(), 1, "{log}");
    assert!(log.contains("token fetched") && log.contains(&user.name), "{log}");
    assert!(!log.contains("eyJ") && !log.contains(&user.password), "{log}");
}

#[test]
fn tokens_that_expire_under_load_are_renewed() {
    let Some(kafka) = kafka() else { return };
    let issuer = Issuer::start(kafka);
    let (workload, worker, feeder) = under_load(kafka, &issuer, 40);
    let before = warnings(&worker);
    let sent = feeder.finish();
    let report = whole(kafka, &workload, sent);
    assert_eq!(report.duplicates, 0, "{report:?}");
    let requests = issuer.requests();
    assert!((5..=9).contains(&requests), "{requests} requests");
    assert_eq!(warnings(&worker), before, "{}", worker.output());
    assert!(says(&worker, "health: ready").starts_with("health: ready"));
    end(worker);
}

#[test]
fn a_token_service_that_is_down_costs_only_time() {
    let Some(kafka) = kafka() else { return };
    let issuer = Issuer::start(kafka);
    let (workload, worker, feeder) = under_load(kafka, &issuer, 60);
    let before = warnings(&worker);
    issuer.answer(Answer::Status(503));
    let line = logs(&worker, "token not renewed");
    assert!(line.contains("status 503") && line.contains("expires_in="), "{line}");
    let health = says(&worker, "there is no valid OAUTHBEARER token");
    assert!(health.contains("TokenSource` failed: status 503"), "{health}");
    // The last two of them five to ten seconds apart.
    asks(&issuer, 6);
    // The others are the client's and about commits.
    let about_tokens =
        ["token not renewed", "broker refused the token", "detected reason=there is no valid OAUTHBEARER token"];
    assert_eq!(about_tokens.map(|text| worker.count(text)), [1, 0, 1], "{}", worker.output());
    assert!(warnings(&worker) - before <= 10, "{}", worker.output());
    issuer.answer(Answer::Token);
    says(&worker, "health: ready");
    whole(kafka, &workload, feeder.finish());
    let log = end(worker);
    assert!(!log.contains("no broker is reachable"), "one reason is enough: {log}");
}

#[test]
fn a_token_service_that_hangs_costs_only_time() {
    let Some(kafka) = kafka() else { return };
    let issuer = Issuer::start(kafka);
    let (workload, worker, feeder) = under_load(kafka, &issuer, 40);
    issuer.answer(Answer::Late(MINUTE));
    says(&worker, "the previous one has expired, and `kafka_service_tests::token_source::TokenSource` has not");
    says(&worker, "TokenSource` did not return a token within 10 s");
    issuer.answer(Answer::Token);
    says(&worker, "health: ready");
    whole(kafka, &workload, feeder.finish());
    end(worker);
}

#[test]
fn a_refused_token_is_named_and_replaced() {
    let Some(kafka) = kafka() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = Workload::new(kafka, "refused", 2);
    allow(kafka, &user, &workload);
    issuer.answer(Answer::Forged);
    let worker = start_with(kafka, &workload, &issuer, &user);
    let health = says(&worker, "invalid_token");
    assert!(health.contains("OAUTHBEARER") && health.contains("rejects"), "{health}");
    let line = logs(&worker, "broker refused the token");
    assert!(line.contains("OAUTHBEARER") && line.contains("invalid_token") && line.contains(&user.name), "{line}");
    // Its lifetime is an hour.
    issuer.answer(Answer::Token);
    says(&worker, "health: ready");
    workload.send(kafka, (0..100).map(spread));
    whole(kafka, &workload, 100);
    let log = end(worker);
    assert!(!log.contains("eyJ"), "{log}");
    assert_eq!(log.matches("detected reason=authentication at").count(), 1, "{log}");
}

#[test]
fn without_a_token_a_service_starts_and_waits() {
    let Some(kafka) = kafka() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = Workload::new(kafka, "absent", 2);
    allow(kafka, &user, &workload);
    issuer.answer(Answer::Nothing);
    let worker = start_with(kafka, &workload, &issuer, &user);
    let health = says(&worker, "there is no valid OAUTHBEARER token");
    assert!(health.contains("TokenSource` failed: the issuer did not answer"), "{health}");
    // Meanwhile the topics are asked for in vain.
    asks(&issuer, 4);
    assert!(!says(&worker, "no valid").contains("no broker is reachable"), "one reason is enough");
    assert!(warnings(&worker) <= 2, "{}", worker.output());
    issuer.answer(Answer::Token);
    says(&worker, "health: ready");
    end(worker);
}

/// Adds an extension to each token.
struct Extended(TokenSource);

impl TokenProvider for Extended {
    type Error = <TokenSource as TokenProvider>::Error;

    async fn token(&self) -> Result<Token, Self::Error> {
        Ok(self.0.token().await?.extension("traceId", "42"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_a_service_has_tokens_too() {
    let Some(kafka) = kafka() else { return };
    let (issuer, user) = (Issuer::start(kafka), kafka.user());
    let workload = Workload::new(kafka, "publisher", 1);
    allow(kafka, &user, &workload);
    let mut config = Config::new("publisher").bootstrap_servers(kafka.listener("sasl_ssl").as_str());
    config.events_topic.clone_from(&workload.events);
    let ca_file = kafka.ca_file().display().to_string();
    for (name, value) in
        [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "OAUTHBEARER"), ("ssl.ca.location", &ca_file)]
    {
        config.set_property(name, value).unwrap();
    }
    issuer.answer(Answer::Nothing);
    let provider = Extended(TokenSource::new(&issuer.url(), &user.name, &user.password));
    let publisher = Publisher::connect_with_tokens(config, provider).await.unwrap();
    let publish = || publisher.publish_event("work.done", serde_json::json!({}));
    let error = publish().timeout(Duration::from_secs(1)).await.unwrap_err().to_string();
    assert!(error.contains("there is no valid OAUTHBEARER token"), "{error}");
    issuer.answer(Answer::Token);
    publish().await.unwrap();
    assert_eq!(kafka.read_all(&workload.events).len(), 1);
}

#[test]
fn without_a_source_of_tokens_nothing_starts() {
    let Some(kafka) = kafka() else { return };
    let mut worker = start(&Workload::named(kafka, "none").with_tokens(kafka));
    assert!(!worker.wait(MINUTE).success());
    let log = worker.output();
    assert!(log.contains("requires a source of tokens: `KafkaService::token_provider`"), "{log}");
}
