use super::*;
use crate::{
    handler::{Context, Invocation},
    registry::Registry,
};

fn invoke(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(async { Ok(Default::default()) }))
}

static CREATE: Handler = Handler::command("create_order", &invoke);
static CANCEL: Handler = Handler::command("cancel_order", &invoke);
static PAID: Handler = Handler::event("order.paid", &invoke);
/// A command with the name of an event.
static PAID_COMMAND: Handler = Handler::command("order.paid", &invoke);
static URGENT: Handler = Handler::command("create_order", &invoke).topic("urgent");
static STOCK: Handler = Handler::event("stock.low", &invoke).topic("stock_events");

fn routes(handlers: &[&'static Handler], change: impl FnOnce(&mut Config)) -> Routes {
    let mut config = Config::new("shop");
    config.commands_topics = vec!["commands".to_owned()];
    config.events_topic = "events".to_owned();
    change(&mut config);
    Routes::new(Registry::from_handlers(handlers.iter().copied()).unwrap().handlers(), &config)
}

fn topics(routes: &Routes) -> Vec<&str> {
    routes.topics().collect()
}

/// The handler of a message, and the kind that the message has without one.
#[track_caller]
fn route(routes: &Routes, topic: &str, kind: &str) -> (Option<&'static Handler>, Kind) {
    let route = routes.find(topic).unwrap();
    (routes.handler(route, kind), routes.unknown(route))
}

#[track_caller]
fn assert_takes(routes: &Routes, topic: &str, kind: &str, handler: &'static Handler) {
    let found = route(routes, topic, kind).0.unwrap();
    assert!(std::ptr::eq(found, handler), "{found:?}");
}

#[track_caller]
fn assert_unknown(routes: &Routes, topic: &str, kind: &str, unknown: Kind) {
    let (found, as_what) = route(routes, topic, kind);
    assert!(found.is_none(), "{found:?}");
    assert_eq!(as_what, unknown);
}

#[test]
fn commands_and_events_come_from_their_own_topics() {
    let routes = routes(&[&CREATE, &PAID], |_| {});
    assert_eq!(topics(&routes), ["commands", "events"]);
    assert_takes(&routes, "commands", "create_order", &CREATE);
    assert_takes(&routes, "events", "order.paid", &PAID);
    assert_unknown(&routes, "commands", "order.paid", Kind::Command);
    assert_unknown(&routes, "events", "create_order", Kind::Event);
    assert_eq!((routes.purpose("commands"), routes.purpose("events")), ("commands", "events"));
}

#[test]
fn a_topic_is_consumed_if_it_has_a_handler_or_is_listed() {
    assert_eq!(topics(&routes(&[&CREATE], |_| {})), ["commands"]);
    assert_eq!(topics(&routes(&[&PAID], |_| {})), ["events"]);
    let list = |config: &mut Config| config.subscribed_events_topics = Some(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(topics(&routes(&[&CREATE], list)), ["commands", "a", "b"]);
    assert_eq!(topics(&routes(&[&PAID], list)), ["a", "b"], "instead of the events topic");
    assert_eq!(topics(&routes(&[&URGENT], |_| {})), ["urgent"]);
}

#[test]
fn commands_take_precedence_on_a_topic_with_both_kinds() {
    let both = |config: &mut Config| config.subscribed_events_topics = Some(vec!["commands".to_owned()]);
    let routes = routes(&[&CREATE, &PAID, &PAID_COMMAND], both);
    assert_eq!(topics(&routes), ["commands"]);
    assert_eq!(routes.purpose("commands"), "commands and events");
    assert_takes(&routes, "commands", "order.paid", &PAID_COMMAND);
    assert_takes(&routes, "commands", "create_order", &CREATE);
    assert_unknown(&routes, "commands", "no_handler", Kind::Event);
    assert!(routes.topics_of(&PAID).is_empty());
    assert_eq!(routes.topics_of(&PAID_COMMAND), ["commands"]);
}

#[test]
fn a_handler_with_a_topic_gets_only_its_messages() {
    let routes = routes(&[&CREATE, &CANCEL, &URGENT, &PAID, &STOCK], |_| {});
    assert_eq!(topics(&routes), ["commands", "events", "urgent", "stock_events"]);
    assert_takes(&routes, "commands", "create_order", &CREATE);
    assert_takes(&routes, "urgent", "create_order", &URGENT);
    assert_unknown(&routes, "urgent", "cancel_order", Kind::Command);
    assert_takes(&routes, "stock_events", "stock.low", &STOCK);
    assert_unknown(&routes, "stock_events", "order.paid", Kind::Event);
    assert_unknown(&routes, "events", "stock.low", Kind::Event);
    assert_eq!(routes.topics_of(&URGENT), ["urgent"]);
}

#[test]
fn a_handler_that_names_the_topic_takes_precedence() {
    let add = |config: &mut Config| config.commands_topics.push("urgent".to_owned());
    let routes = routes(&[&CREATE, &CANCEL, &URGENT], add);
    assert_eq!(topics(&routes), ["commands", "urgent"]);
    assert_takes(&routes, "urgent", "create_order", &URGENT);
    assert_takes(&routes, "urgent", "cancel_order", &CANCEL);
    assert_eq!(routes.topics_of(&CREATE), ["commands"]);
}

#[test]
fn the_closest_name_is_suggested_only_if_similar() {
    let routes = routes(&[&CREATE, &CANCEL, &PAID], |_| {});
    let commands = routes.find("commands").unwrap();
    assert_eq!(routes.closest(commands, "create_ordr"), Some("create_order"));
    assert_eq!(routes.closest(commands, "CreateOrder"), Some("create_order"));
    assert_eq!(routes.closest(commands, "cancel-order"), Some("cancel_order"));
    assert_eq!(routes.closest(commands, "ship_parcel"), None);
    assert_eq!(routes.closest(commands, "order.payd"), None, "it is taken from another topic");
    assert_eq!(routes.closest(commands, ""), None);
}
