//! A program without handlers, as when the crate of its handlers is not linked.

use kafka_service::config::Brokers;
use kafka_service::{Config, Error, KafkaService, testing};

#[tokio::test]
async fn a_service_without_handlers_fails_and_explains_linking() {
    // `kafka-service-linked-handlers` is an unused dependency of this program, so it is not linked.
    let mut config = Config::new("no-handlers");
    config.bootstrap_servers = Brokers::Disabled;
    let Err(Error::Start(problems)) = KafkaService::new(config).start().await else {
        panic!("the service must not start")
    };
    let [problem] = problems.as_slice() else { panic!("expected one problem: {problems:?}") };
    assert!(problem.contains("no `#[command]` or `#[event]` handlers are linked"), "{problem}");
    assert!(problem.contains("use that_crate as _;"), "{problem}");
}

#[test]
#[should_panic(
    expected = "no handler for command `greet_from_linked_crate` in this program\n  commands with a handler: none"
)]
fn a_unit_test_detects_an_unlinked_crate() {
    testing::expect_commands(["greet_from_linked_crate"]);
}
