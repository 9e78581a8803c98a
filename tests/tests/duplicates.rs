//! Two handlers with one name are ambiguous, so the service does not start.

use kafka_service::config::Brokers;
use kafka_service::{Config, Error, KafkaService, command};

mod orders {
    use kafka_service::command;

    #[command("create_order")]
    async fn create() {}

    #[command("cancel_order")]
    async fn cancel() {}
}

mod legacy {
    use kafka_service::command;

    #[command("create_order")]
    async fn create_order_v1() {}

    #[command("cancel_order")]
    fn cancel_order() {}
}

#[command("cancel_order")]
async fn cancel_again() {}

#[command("ship_order")]
async fn ship() {}

/// The line of this file that declares a handler.
fn place(function: &str, declaration: &str) -> String {
    let lines = include_str!("duplicates.rs").lines();
    let line = lines.zip(1..).find(|(line, _)| line.contains(declaration)).expect("declared above").1;
    format!("`duplicates::{function}` (tests/tests/duplicates.rs:{line})")
}

#[tokio::test]
async fn every_duplicate_name_is_reported_with_all_its_handlers() {
    let mut config = Config::new("duplicates");
    // The check comes before any connection, and also applies without Kafka.
    config.bootstrap_servers = Brokers::Disabled;
    let Err(error) = KafkaService::new(config).start().await else { panic!("the service must not start") };
    let Error::Start(problems) = &error else { panic!("unexpected error: {error}") };
    let [cancel, create] = problems.as_slice() else { panic!("expected two duplicate names: {problems:?}") };
    assert!(create.contains("command `create_order` is registered twice"), "{create}");
    assert!(create.contains(&place("orders::create", "async fn create()")), "{create}");
    assert!(create.contains(&place("legacy::create_order_v1", "fn create_order_v1()")), "{create}");
    assert!(cancel.contains("command `cancel_order` is registered 3 times"), "{cancel}");
    assert!(cancel.contains(&place("orders::cancel", "async fn cancel()")), "{cancel}");
    assert!(cancel.contains(&place("legacy::cancel_order", "fn cancel_order()")), "{cancel}");
    assert!(cancel.contains(&place("cancel_again", "fn cancel_again()")), "{cancel}");
    let text = error.to_string();
    assert!(text.contains(create) && text.contains(cancel) && !text.contains("ship"), "{text}");
    assert_eq!(format!("{error:?}"), text, "printed when `main` returns the error");
}
