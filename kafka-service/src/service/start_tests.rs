use super::*;
use crate::handler::{Context, Invocation};

fn invoke(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(async { Ok(Default::default()) }))
}

static COMMAND: Handler = Handler::command("create_order", &invoke);
static EVENT: Handler = Handler::event("order.paid", &invoke);
static URGENT: Handler = Handler::command("create_order", &invoke).topic("urgent");

/// Every topic that is needed with its purpose, and the dead-letter topic of each consumed one.
fn topics(handlers: &[&'static Handler], config: &Config) -> (Vec<(String, &'static str)>, Vec<(String, String)>) {
    let registry = Registry::from_handlers(handlers.iter().copied()).unwrap();
    let Topics { written, needed, dead_letter } = Topics::of(config, &Routes::new(&registry, config));
    let mut dead_letter: Vec<_> =
        dead_letter.into_iter().map(|(source, TopicId(place))| (source, written[place].clone())).collect();
    dead_letter.sort_unstable();
    (needed.into_iter().map(|topic| (topic.name, topic.purpose)).collect(), dead_letter)
}

fn owned<T>(pairs: &[(&str, T)]) -> Vec<(String, T)>
where
    T: Copy,
{
    pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

#[test]
fn every_consumed_topic_has_its_dead_letter_topic() {
    let (needed, dead_letter) = topics(&[&COMMAND, &EVENT, &URGENT], &Config::new("shop"));
    assert_eq!(
        needed,
        owned(&[
            ("service_events", "published events"),
            ("service_commands", "commands"),
            ("service_commands-dlq", "dead letters"),
            ("service_events-dlq", "dead letters"),
            ("urgent", "commands"),
            ("urgent-dlq", "dead letters"),
        ])
    );
    let expected =
        ["service_commands", "service_events", "urgent"].map(|topic| (topic.to_owned(), format!("{topic}-dlq")));
    assert_eq!(dead_letter, expected);
}

#[test]
fn a_service_with_event_handlers_only_needs_no_commands_topic() {
    let mut config = Config::new("shop");
    config.subscribed_events_topics = Some(vec!["payments".to_owned()]);
    let (needed, dead_letter) = topics(&[&EVENT], &config);
    let expected = [("service_events", "published events"), ("payments", "events"), ("payments-dlq", "dead letters")];
    assert_eq!(needed, owned(&expected));
    assert_eq!(dead_letter, [("payments".to_owned(), "payments-dlq".to_owned())]);
}

#[test]
fn one_dead_letter_topic_can_serve_all() {
    let mut config = Config::new("shop");
    config.dead_letter_topic = Some("dead".to_owned());
    let (needed, dead_letter) = topics(&[&COMMAND, &EVENT], &config);
    assert_eq!(needed.len(), 3);
    assert!(dead_letter.iter().all(|(_, topic)| topic == "dead") && dead_letter.len() == 2);
}
