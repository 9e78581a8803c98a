use super::*;
use crate::{
    handler::{Context, Invocation},
    registry::{Handler, Registry},
};

fn invoke(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(async { Ok(Default::default()) }))
}

static COMMAND: Handler = Handler::command("create_order", &invoke);
static EVENT: Handler = Handler::event("order.paid", &invoke);
static URGENT: Handler = Handler::command("create_order", &invoke).topic("urgent");

/// Every topic that is needed with its purpose, those that the consumer asks for marked, and every consumed one with its dead-letter topic.
fn topics(handlers: &[&'static Handler], config: &Config) -> (Vec<String>, Vec<String>) {
    let registry = Registry::from_handlers(handlers.iter().copied()).unwrap();
    let Topics { written, needed, dead_letter, .. } = Topics::of(config, &Routes::new(registry.handlers(), config));
    let needed = needed.into_iter().map(|topic| {
        let mark = if topic.is_written { "" } else { "> " };
        format!("{mark}{}: {}", topic.name, topic.purpose)
    });
    let dead_letter = dead_letter.into_iter().map(|(source, TopicId(index))| format!("{source} -> {}", written[index]));
    let mut dead_letter: Vec<_> = dead_letter.collect();
    dead_letter.sort_unstable();
    (needed.collect(), dead_letter)
}

#[test]
fn every_consumed_topic_has_its_dead_letter_topic() {
    let (needed, dead_letter) = topics(&[&COMMAND, &EVENT, &URGENT], &Config::new("shop"));
    let expected = [
        "service_events: published events",
        "> service_commands: commands",
        "service_commands-dlq: dead letters",
        "service_events-dlq: dead letters",
        "> urgent: commands",
        "urgent-dlq: dead letters",
    ];
    assert_eq!(needed, expected);
    let expected =
        ["service_commands -> service_commands-dlq", "service_events -> service_events-dlq", "urgent -> urgent-dlq"];
    assert_eq!(dead_letter, expected);
}

#[test]
fn event_handlers_alone_need_no_commands_topic() {
    let mut config = Config::new("shop");
    config.subscribed_events_topics = Some(vec!["payments".to_owned()]);
    let (needed, dead_letter) = topics(&[&EVENT], &config);
    assert_eq!(needed, ["service_events: published events", "> payments: events", "payments-dlq: dead letters"]);
    assert_eq!(dead_letter, ["payments -> payments-dlq"]);
}

#[test]
fn one_dead_letter_topic_can_serve_all_topics() {
    let mut config = Config::new("shop");
    config.dead_letter_topic = Some("dead".to_owned());
    let (needed, dead_letter) = topics(&[&COMMAND, &EVENT], &config);
    assert_eq!(needed, ["service_events: published events", "> service_commands: commands", "dead: dead letters"]);
    assert_eq!(dead_letter, ["service_commands -> dead", "service_events -> dead"]);
}
