use std::time::Duration;

use crate::config::{
    Brokers, Config, DeadLetterHeaders, GroupProtocol, MessageIdLocation, OrderBy, RetryPolicy, UnknownCommands,
};

#[test]
fn setters_set_the_field_of_their_name() {
    let second = Duration::from_secs(1);
    let retry = RetryPolicy::new(3, second, second).deadline(second);
    let chained = Config::new("orders")
        .bootstrap_servers(Brokers::Embedded)
        .service_name("shop")
        .commands_topics(["a", "b"])
        .events_topic("c")
        .subscribed_events_topics(vec!["d".to_owned()])
        .group_id("e")
        .group_protocol(GroupProtocol::Classic)
        .ordering(OrderBy::Partition)
        .max_in_flight(1)
        .max_uncommitted(2)
        .handler_timeout(second)
        .retry(retry)
        .dead_letter_topic("f")
        .dead_letter_headers(DeadLetterHeaders::Spring)
        .dead_letter_limit(3)
        .unknown_commands(UnknownCommands::DeadLetter)
        .message_id(MessageIdLocation::Off)
        .publish_timeout(second)
        .create_topics(true)
        .shutdown_deadline(second)
        .stall_timeout(None);
    let expected = Config {
        bootstrap_servers: Brokers::Embedded,
        service_name: "shop".to_owned(),
        commands_topics: vec!["a".to_owned(), "b".to_owned()],
        events_topic: "c".to_owned(),
        subscribed_events_topics: Some(vec!["d".to_owned()]),
        group_id: Some("e".to_owned()),
        group_protocol: GroupProtocol::Classic,
        ordering: OrderBy::Partition,
        max_in_flight: 1,
        max_uncommitted: 2,
        handler_timeout: second,
        retry,
        dead_letter_topic: Some("f".to_owned()),
        dead_letter_headers: DeadLetterHeaders::Spring,
        dead_letter_limit: Some(3),
        unknown_commands: UnknownCommands::DeadLetter,
        message_id: MessageIdLocation::Off,
        publish_timeout: second,
        create_topics: true,
        shutdown_deadline: second,
        stall_timeout: None,
        ..Config::new("orders")
    };
    assert_eq!(chained, expected);
    assert_eq!((retry.attempts, retry.deadline), (3, second));
}

#[test]
fn brokers_are_given_as_in_the_environment() {
    let brokers = |text: &str| Config::new("orders").bootstrap_servers(text).bootstrap_servers;
    assert_eq!(brokers("a:9092, b:9092"), Brokers::Servers("a:9092,b:9092".to_owned()));
    assert_eq!(brokers("embedded"), Brokers::Embedded);
    assert_eq!(brokers(""), Brokers::Disabled);
    assert_eq!(Config::new("orders").bootstrap_servers("a:1".to_owned()).bootstrap_servers, "a:1".into());
}
