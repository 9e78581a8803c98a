//! Publishing outside handlers while no broker is connected, and while a broker is slow.

use std::{
    future::IntoFuture as _,
    time::{Duration, Instant},
};

use kafka_service::{Config, Error, KafkaService, PublishError, Publisher, ServiceHandle};
use kafka_service_tests::{Client, Kafka, unique, wait_until};
use serde_json::{Value, json};

use crate::{MINUTE, mock::Mock};

/// Where no broker is: a closed port, and a name that does not resolve.
const NOWHERE: [&str; 2] = ["127.0.0.1:1", "kafka.invalid:9092"];
const SHORT: Duration = Duration::from_millis(500);

fn config(servers: &str) -> Config {
    Config::new("publishing").bootstrap_servers(servers).publish_timeout(SHORT).group_id(unique("publishing"))
}

async fn service(config: Config) -> ServiceHandle {
    let service = KafkaService::new(config).on_command("never", async |(), _: Value| {});
    service.start().await.expect("an unreachable broker is not an error")
}

fn on(mock: &Mock) -> Config {
    let workload = mock.workload("publishing");
    config(&workload.bootstrap).events_topic(workload.events).commands_topics([workload.commands])
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_a_publication_is_never_sent() {
    for servers in NOWHERE {
        let service = service(config(servers)).await;
        let began = Instant::now();
        let error = service.publisher().publish_event("report.created", json!({})).await.unwrap_err();
        assert!((SHORT..SHORT * 10).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert!(matches!(error, PublishError::NotSent { .. }) && !error.may_arrive(), "{error:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(
                "`report.created` was not sent to topic `service_events`: no broker was connected within 500ms ("
            ),
            "{text}"
        );
        assert!(text.contains(servers), "the last connection error: {text}");
        service.shutdown().await.expect("nothing is left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_without_a_broker_ends_soon() {
    let service = service(config(NOWHERE[0]).publish_timeout(MINUTE)).await;
    let publisher = service.publisher();
    publisher.publish_event("report.created", json!({})).detach();
    let awaited = tokio::spawn(publisher.publish_event("report.created", json!({})).into_future());
    let began = Instant::now();
    let error = service.shutdown().await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(matches!(error, Error::Unreachable { commands: 0, unacknowledged: 0, unsent: 1, .. }), "{error:?}");
    let awaited = awaited.await.unwrap().unwrap_err();
    assert!(!awaited.may_arrive() && awaited.to_string().ends_with("the service has stopped"), "{awaited}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_after_the_loss_of_the_broker_ends_soon() {
    let mock = Mock::start(1);
    let service = service(on(&mock).publish_timeout(MINUTE)).await;
    service.ready().await.unwrap();
    mock.round_trip(MINUTE);
    service.publisher().publish_event("report.created", json!({})).detach();
    mock.down();
    let began = Instant::now();
    let error = service.shutdown().await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert!(matches!(error, Error::Unreachable { unacknowledged: 1, unsent: 0, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_waits_for_a_lost_broker() {
    let mock = Mock::start(1);
    let config = on(&mock);
    waits_for_a_lost_broker(&mock, &config, || mock.down(), || mock.up()).await;
    let Some(kafka) = Kafka::one_node() else { return };
    let topic = kafka.new_topic("publishing", 1);
    let config = self::config(kafka.bootstrap()).events_topic(topic);
    waits_for_a_lost_broker(&kafka, &config, || kafka.kill(1), || kafka.restart(1)).await;
}

async fn waits_for_a_lost_broker(client: &Client, config: &Config, lose: impl Fn(), restart: impl Fn()) {
    let publisher = Publisher::connect(config.clone()).await.unwrap();
    publisher.publish_event("report.created", json!(1)).timeout(MINUTE).await.unwrap();
    lose();
    wait_for_the_loss(&publisher).await;
    let waiting = tokio::spawn(publisher.publish_event("report.created", json!(2)).timeout(MINUTE).into_future());
    publisher.publish_event("report.created", json!(3)).timeout(MINUTE).detach();
    restart();
    waiting.await.unwrap().unwrap();
    assert_eq!(publisher.flush(MINUTE).await, 0);
    let mut numbers: Vec<u64> = (client.read_all(&config.events_topic).iter())
        .map(|record| record.json()["payload"].as_u64().unwrap())
        .filter(|number| *number > 0)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
}

/// Publishes until the answer is that no broker is connected. What was handed over before that may arrive.
async fn wait_for_the_loss(publisher: &Publisher) {
    let until = Instant::now() + MINUTE;
    loop {
        match publisher.publish_event("report.created", json!(0)).timeout(SHORT).await {
            Err(PublishError::NotSent { .. }) => return,
            other => assert!(Instant::now() < until, "the loss of the broker is not noticed: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unacknowledged_publication_arrives_under_the_id_of_the_error() {
    let mock = Mock::start(1);
    let config = on(&mock);
    let service = service(config.clone()).await;
    service.ready().await.unwrap();
    mock.round_trip(SHORT * 4);
    let error = service.publisher().publish_event("report.created", json!({})).await.unwrap_err();
    assert!(matches!(error, PublishError::NotAcknowledged { .. }) && error.may_arrive(), "{error:?}");
    let id = error.id().expect("messages have ids by default");
    assert!(error.to_string().contains(id), "{error}");
    wait_until(MINUTE, "the late acknowledgement", || service.health().acknowledged_late == 1);
    mock.round_trip(Duration::ZERO);
    let records = mock.read_count(&config.events_topic, MINUTE, 1);
    assert_eq!(records[0].json()["id"], id);
    service.shutdown().await.unwrap();
}
