use std::time::Duration;

use super::*;
use crate::{
    Publisher,
    handler::{Command, Context, EventType, Invocation, Probe, State, States},
    registry::tests::texts,
};

fn invoke(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(async { Ok(Default::default()) }))
}

const fn command(name: &'static str, line: u32) -> Handler {
    Handler::command(name, &invoke).at("shop", name, "src/orders.rs", line)
}

const fn event(name: &'static str, line: u32) -> Handler {
    Handler::event(name, &invoke).at("shop", name, "src/events.rs", line)
}

fn problems(handlers: &[&'static Handler], states: &States, config: &Config) -> Vec<String> {
    let found = check(handlers.iter().copied(), |state| states.contains(state), config);
    assert_eq!(texts(&found.warnings), [""; 0]);
    texts(&found.problems)
}

/// The only finding: a problem, or a warning.
fn only(handlers: &[&'static Handler], config: &Config) -> Result<String, String> {
    let found = check(handlers.iter().copied(), |_| true, config);
    match (texts(&found.problems).as_slice(), texts(&found.warnings).as_slice()) {
        ([problem], []) => Err(problem.clone()),
        ([], [warning]) => Ok(warning.clone()),
        all => panic!("one finding: {all:#?}"),
    }
}

fn config() -> Config {
    Config::new("shop")
}

macro_rules! event_types {
    ($($name:literal: $rust_type:literal),*) => {
        |description| description.event_types = vec![$(EventType { name: $name, rust_type: $rust_type }),*]
    };
}

static CREATE: Handler = command("create_order", 12).describe(|description| {
    Probe::<State<u8>>::extractor(description);
    Probe::<State<u16>>::extractor(description);
    Probe::<State<u8>>::extractor(description);
    Probe::<Publisher>::extractor(description);
});
static CANCEL: Handler = command("cancel_order", 40).describe(Probe::<State<u8>>::extractor);
static LEGACY: Handler = command("create_order", 99);

#[test]
fn correct_handlers_give_no_problems() {
    let mut states = States::default();
    states.insert(1_u8);
    states.insert(1_u16);
    assert_eq!(problems(&[&CREATE, &CANCEL], &states, &config()), [""; 0]);
}

#[test]
fn a_program_without_handlers_gets_one_problem() {
    assert_eq!(problems(&[], &States::default(), &config()).len(), 1);
}

#[test]
fn all_problems_are_found_in_any_link_order() {
    let mut states = States::default();
    let expected = [
        "command `create_order` is registered twice: `shop::create_order` (src/orders.rs:12) \
         and `shop::create_order` (src/orders.rs:99)",
        "state `u16` was never provided, but is needed by\n  \
         command `create_order`: `shop::create_order` (src/orders.rs:12)\n  \
         help: provide a value of that type with `.state(value)` before the service runs",
        "state `u8` was never provided, but is needed by\n  \
         command `cancel_order`: `shop::cancel_order` (src/orders.rs:40)\n  \
         command `create_order`: `shop::create_order` (src/orders.rs:12)\n  \
         help: provide a value of that type with `.state(value)` before the service runs",
    ];
    assert_eq!(problems(&[&LEGACY, &CREATE, &CANCEL], &states, &config()), expected);
    assert_eq!(problems(&[&CANCEL, &CREATE, &LEGACY], &states, &config()), expected);
    states.insert(1_u16);
    assert_eq!(problems(&[&LEGACY, &CREATE, &CANCEL], &states, &config()).len(), 2);
}

struct Ship;

impl Command for Ship {
    const NAME: &'static str = "ship_order";
    const TOPIC: Option<&'static str> = Some("shipping");
    type Reply = ();
}

static SHIP: Handler = command("ship_order", 7).topic("shipping").describe(Probe::<Ship>::payload);
static SEND: Handler = command("send_order", 8).topic("shipping").describe(Probe::<Ship>::payload);
static SHIP_ELSEWHERE: Handler = command("ship_order", 9).topic("parcels").describe(Probe::<Ship>::payload);
static SHIP_ANYWHERE: Handler = command("ship_order", 10).describe(Probe::<Ship>::payload);

#[test]
fn a_payload_that_is_another_command_is_named() {
    let payload = std::any::type_name::<Ship>();
    assert_eq!(
        only(&[&SEND], &config()).unwrap(),
        format!(
            "command `send_order` (`shop::send_order`, src/orders.rs:8) has payload type `{payload}`, whose command name \
             is `ship_order`; commands named `ship_order` never reach this handler\n  \
             help: use `#[command]` without a name, or the same name in both `#[command(..)]` attributes"
        )
    );
    assert!(problems(&[&SHIP], &States::default(), &config()).is_empty());
}

#[test]
fn a_handler_must_consume_the_topic_of_its_payload() {
    let problem = only(&[&SHIP_ELSEWHERE], &config()).unwrap_err();
    assert!(
        problem.starts_with("command `ship_order` (`shop::ship_order`, src/orders.rs:9) consumes topic `parcels`, but")
    );
    assert!(problem.contains("is sent to `shipping`\n  help: use the same topic"), "{problem}");
    // The configured topics may differ between deployments.
    let warning = only(&[&SHIP_ANYWHERE], &config()).unwrap();
    assert!(warning.contains("consumes commands from `service_commands`, but its payload"), "{warning}");
    let mut config = config();
    config.commands_topics.push("shipping".to_owned());
    assert!(problems(&[&SHIP_ANYWHERE], &States::default(), &config).is_empty());
}

static PROMISES: Handler = command("create_user", 3).describe(|description| {
    description.payload = "shop::CreateUser";
    description.replies = ["user.created", "user.refused"].map(|name| EventType { name, rust_type: "" }).to_vec();
    description.event_types = ["user.made", "user.refused"].map(|name| EventType { name, rust_type: "" }).to_vec();
});
static SILENT: Handler = command("create_user", 4).describe(|description| {
    description.payload = "shop::CreateUser";
    description.replies = vec![EventType { name: "user.created", rust_type: "" }];
});
static PUBLISHES: Handler = command("create_user", 5).describe(|description| {
    (SILENT.describe)(description);
    Probe::<(State<u8>, Publisher)>::extractor(description);
});

#[test]
fn a_promised_reply_that_the_handler_cannot_return_is_named() {
    assert_eq!(
        only(&[&PROMISES], &config()).unwrap_err(),
        "command `create_user` (`shop::create_user`, src/orders.rs:3) declares the reply `user.created` but returns only \
         `user.made`, `user.refused`\n  \
         help: return the event that `reply = ..` of the payload `shop::CreateUser` names, or change `reply`"
    );
    let problem = only(&[&SILENT], &config()).unwrap_err();
    assert!(problem.contains("declares the reply `user.created` but returns no event"), "{problem}");
    let mut states = States::default();
    states.insert(1_u8);
    assert!(problems(&[&PUBLISHES], &states, &config()).is_empty(), "a publisher can publish anything");
}

static ONE: Handler =
    command("one", 1).describe(event_types!("user.created": "shop::UserCreated", "user.left": "shop::Left"));
static SAME: Handler = command("same", 2).describe(event_types!("user.created": "shop::UserCreated"));
static OTHER: Handler = event("order.paid", 3).describe(event_types!("user.created": "crm::UserCreated"));
static GENERIC: Handler = command("generic", 4).describe(event_types!("changed": "shop::Changed<shop::User>"));
static GENERIC_TOO: Handler = command("generic_too", 5).describe(event_types!("changed": "shop::Changed<shop::Order>"));

#[test]
fn an_event_type_with_two_rust_types_names_all_publishers() {
    assert_eq!(
        only(&[&ONE, &OTHER, &SAME], &config()).unwrap_err(),
        "event `user.created` is published from 2 different Rust types:\n  \
         `crm::UserCreated` from event `order.paid`: `shop::order.paid` (src/events.rs:3)\n  \
         `shop::UserCreated` from command `one`: `shop::one` (src/orders.rs:1)\n  \
         `shop::UserCreated` from command `same`: `shop::same` (src/orders.rs:2)\n  \
         help: use one type for this event, or give the others another name: `#[event(\"..\")]`"
    );
    assert!(problems(&[&ONE, &SAME, &GENERIC, &GENERIC_TOO], &States::default(), &config()).is_empty());
}

static ORDER: Handler = command("order", 8);
static ORDER_THERE: Handler = command("order", 9).topic("odd");
static DEAD: Handler = command("bury", 10).topic("service_commands-dlq");

#[test]
fn a_handler_cannot_consume_a_dead_letter_topic() {
    assert_eq!(
        only(&[&DEAD, &ORDER], &config()).unwrap_err(),
        "command `bury` (`shop::bury`, src/orders.rs:10) consumes topic `service_commands-dlq`, the dead-letter topic of \
         `service_commands`: dead letters would be consumed in a loop\n  \
         help: use another `topic` on the handler, or another dead-letter topic (KAFKA_DEAD_LETTER_TOPIC)"
    );
    assert!(problems(&[&DEAD], &States::default(), &config()).is_empty(), "nothing is taken from `service_commands`");
    let mut config = config();
    config.events_topic = "odd-dlq".to_owned();
    let problem = only(&[&ORDER_THERE], &config).unwrap_err();
    assert!(problem.contains("consumes topic `odd`, whose dead-letter topic `odd-dlq` is the events topic"));
    config.events_topic = "service_events".to_owned();
    config.dead_letter_topic = Some("service_commands".to_owned());
    let problem = only(&[&ORDER, &ORDER_THERE], &config).unwrap_err();
    assert!(problem.contains("consumes topic `odd`, whose dead-letter topic `service_commands` is consumed too"));
}

#[test]
fn handlers_with_one_name_on_different_topics_are_allowed() {
    assert!(problems(&[&ORDER, &ORDER_THERE], &States::default(), &config()).is_empty());
}

static HASTY: Handler = command("hasty", 1).retry_deadline(100);
static SLOW: Handler = command("slow", 2).timeout(1_800_000);
static SLOW_ONCE: Handler = command("slow_once", 3).timeout(1_800_000).attempts(1);
static ONCE: Handler = command("once", 4).attempts(1).backoff(5, 10);

#[test]
fn contradictory_options_are_named() {
    assert_eq!(
        only(&[&HASTY], &config()).unwrap_err(),
        "command `hasty` (`shop::hasty`, src/orders.rs:1) has the retry deadline `100ms`, which is shorter than its first \
         backoff `200ms`\n  \
         help: increase `deadline` or lower `backoff` in `retry(..)`; the defaults are KAFKA_RETRY_DEADLINE and \
         KAFKA_RETRY_BACKOFF"
    );
    assert_eq!(
        only(&[&SLOW], &config()).unwrap(),
        "command `slow` (`shop::slow`, src/orders.rs:2) has the timeout `30m`, which is not shorter than its retry deadline \
         `10m`: an attempt that times out is not retried\n  \
         help: lower `timeout`, or increase `deadline` in `retry(..)`; the defaults are KAFKA_HANDLER_TIMEOUT and \
         KAFKA_RETRY_DEADLINE"
    );
    assert!(only(&[&ONCE], &config()).unwrap().contains("src/orders.rs:4) has a single attempt, so `backoff`"));
    assert!(problems(&[&SLOW_ONCE], &States::default(), &config()).is_empty());
    let mut config = config();
    config.retry.attempts = 1;
    config.retry.deadline = Duration::from_millis(1);
    assert!(problems(&[&HASTY, &SLOW], &States::default(), &config).is_empty(), "nothing is retried");
}

#[test]
fn what_is_wrong_with_a_handler_of_several_events_is_said_once() {
    static FOLLOW: Handler =
        event("payment.accepted", 1).also(&["payment.refused"]).describe(Probe::<State<u8>>::extractor);
    static REFUSE: Handler = event("payment.refused", 2);
    let copies: Vec<&'static Handler> = FOLLOW.copies().map(|copy| &*Box::leak(Box::new(copy))).collect();
    let handlers = [vec![&FOLLOW], copies].concat();
    let missing = "state `u8` was never provided, but is needed by\n  event `payment.accepted`: `shop::payment.accepted` \
                   (src/events.rs:1)\n  help: provide a value of that type with `.state(value)` before the service runs";
    assert_eq!(problems(&handlers, &States::default(), &config()), [missing]);
    let twice = "event `payment.refused` is registered twice: `shop::payment.accepted` (src/events.rs:1) and \
                 `shop::payment.refused` (src/events.rs:2)";
    assert_eq!(problems(&[handlers, vec![&REFUSE]].concat(), &States::default(), &config()), [twice, missing]);
}
