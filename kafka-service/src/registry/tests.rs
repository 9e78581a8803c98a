use super::*;
use crate::handler::{Context, Invocation, Probe, State, Undescribed as _};

fn invoke(_: &Context<'_>) -> Invocation {
    Ok(Box::pin(async { Ok(Default::default()) }))
}

const fn handler(name: &'static str, function: &'static str, line: u32) -> Handler {
    Handler::command(name, &invoke).at("shop::orders", function, "src/orders.rs", line)
}

static CREATE: Handler = handler("create_order", "create", 12).doc("Creates an order.").describe(|description| {
    Probe::<State<u8>>::extractor(description);
    Probe::<State<u16>>::extractor(description);
    Probe::<State<u8>>::extractor(description);
    Probe::<String>::payload(description);
    Probe::<()>::returns(description);
});
static CANCEL: Handler = handler("cancel_order", "cancel", 40).describe(Probe::<State<u8>>::extractor).blocking();
static LEGACY: Handler = handler("create_order", "create_legacy", 99);
static OLDEST: Handler = handler("create_order", "create_oldest", 100);

fn registry() -> Registry {
    Registry::from_handlers([&CREATE, &CANCEL]).unwrap()
}

pub(super) fn texts(problems: &[HandlerProblem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn handlers_are_found_by_kind_and_name_and_listed_in_order() {
    let registry = registry();
    assert_eq!(registry.get(Kind::Command, "create_order").unwrap().line, 12);
    assert!(registry.get(Kind::Command, "create_user").is_none());
    assert!(registry.get(Kind::Event, "create_order").is_none());
    let names: Vec<_> = registry.handlers().map(|handler| handler.name).collect();
    assert_eq!(names, ["cancel_order", "create_order"]);
}

#[test]
fn a_handler_describes_itself() {
    let description = CREATE.description();
    assert_eq!(description.payload, "alloc::string::String");
    assert_eq!(description.returns, "()");
    assert_eq!(description.needs.states.len(), 3);
    assert_eq!(format!("{CREATE:?}"), "command `create_order`: `shop::orders::create` (src/orders.rs:12)");
    assert_eq!(CREATE.doc, "Creates an order.");
    assert!(CANCEL.blocking && !CREATE.blocking);
}

#[test]
fn two_handlers_with_one_name_are_both_named() {
    let problems = Registry::from_handlers([&CREATE, &CANCEL, &LEGACY]).unwrap_err();
    assert_eq!(
        texts(&problems),
        ["command `create_order` is registered twice: `shop::orders::create` (src/orders.rs:12) \
          and `shop::orders::create_legacy` (src/orders.rs:99)"]
    );
    let problems = Registry::from_handlers([&CREATE, &LEGACY, &OLDEST]).unwrap_err();
    assert_eq!(
        texts(&problems),
        ["command `create_order` is registered 3 times: `shop::orders::create` (src/orders.rs:12), \
          `shop::orders::create_legacy` (src/orders.rs:99) and `shop::orders::create_oldest` (src/orders.rs:100)"]
    );
}

#[test]
fn a_program_without_handlers_gets_a_hint() {
    let problems = Registry::from_handlers([]).unwrap_err();
    assert_eq!(
        texts(&problems),
        ["no `#[command]` or `#[event]` handlers are linked into this binary\n  \
          help: if they are in another crate, link it: `use that_crate as _;`"]
    );
}

static ANYWHERE: Handler = Handler::event("order.paid", &invoke).at("shop", "anywhere", "src/a.rs", 1);
static HERE: Handler = Handler::event("order.paid", &invoke).at("shop", "here", "src/a.rs", 2).topic("payments");
static HERE_TOO: Handler = Handler::event("order.paid", &invoke).at("shop", "too", "src/a.rs", 3).topic("payments");
static COMMAND: Handler = Handler::command("order.paid", &invoke).at("shop", "command", "src/a.rs", 4);

#[test]
fn a_name_has_one_handler_for_each_kind_and_topic() {
    assert!(Registry::from_handlers([&ANYWHERE, &HERE, &COMMAND]).is_ok());
    let problems = Registry::from_handlers([&ANYWHERE, &HERE, &HERE_TOO, &COMMAND]).unwrap_err();
    assert_eq!(
        texts(&problems),
        [
            "event `order.paid` is registered for topic `payments` twice: `shop::here` (src/a.rs:2) and `shop::too` (src/a.rs:3)"
        ]
    );
}
