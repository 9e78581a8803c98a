use std::time::Instant;

use super::*;
use crate::handler::{Context, Invocation};

fn invoke(_: &Context<'_>) -> Invocation {
    unreachable!("nothing is called here")
}

static SLOW: Handler = Handler::command("slow", &invoke).at("shop", "slow", "src/shop.rs", 7);
static QUICK: Handler = Handler::command("quick", &invoke).at("shop", "quick", "src/shop.rs", 9);

fn costs() -> PollCosts {
    PollCosts::new([&SLOW, &QUICK].into_iter())
}

fn add(costs: &PollCosts, handler: &'static Handler, took: Duration, times: usize) {
    for _ in 0..times {
        costs.add(handler, took);
    }
}

#[test]
fn a_handler_is_cpu_heavy_until_it_becomes_quick() {
    let costs = costs();
    add(&costs, &QUICK, Duration::from_micros(2), 100);
    add(&costs, &SLOW, Duration::from_millis(1), 2);
    assert!(costs.is_heavy(&SLOW) && !costs.is_heavy(&QUICK));
    add(&costs, &SLOW, Duration::from_micros(2), 200);
    assert!(!costs.is_heavy(&SLOW));
    assert_eq!(costs.heavy.load(Relaxed), 0);
}

#[test]
fn one_preempted_poll_does_not_offload_a_handler() {
    let costs = costs();
    add(&costs, &QUICK, Duration::from_micros(1), 50);
    add(&costs, &QUICK, Duration::from_millis(80), 1);
    assert!(!costs.is_heavy(&QUICK));
}

#[test]
fn only_repeated_blocking_of_the_thread_is_warned_about() {
    let costs = costs();
    let (blocked, quick) = (Duration::from_millis(20), Duration::from_micros(1));
    let cost = costs.of(&SLOW).unwrap();
    assert!(!cost.add(blocked));
    assert!((0..64).all(|_| !cost.add(quick)));
    assert!(!cost.add(blocked), "the first is forgotten");
    assert!(cost.add(blocked));
}

#[test]
fn the_current_poll_is_known_and_every_poll_is_numbered() {
    let costs = costs();
    assert!(costs.current().is_none());
    costs.enter(&SLOW);
    let first = costs.current().map(|(number, cost)| (number, cost.handler.name));
    assert_eq!(first.map(|(_, name)| name), Some("slow"));
    costs.leave();
    assert!(costs.current().is_none());
    costs.enter(&SLOW);
    assert_ne!(costs.current().map(|(number, cost)| (number, cost.handler.name)), first);
}

/// Polls the slow handler while the watch looks every 100 ms, this many times, and returns whether it was warned about.
fn watched(looks: u32, ends: impl Fn(&PollCosts)) -> bool {
    let (costs, mut watch, began) = (costs(), PollWatch::default(), Instant::now());
    costs.enter(&SLOW);
    (0..looks).for_each(|n| watch.look(&costs, began + n * Duration::from_millis(100)));
    ends(&costs);
    watch.look(&costs, began + looks * Duration::from_millis(100));
    costs.of(&SLOW).unwrap().warned.load(Relaxed)
}

#[test]
fn a_poll_that_is_seen_twice_is_warned_about_unless_it_panics() {
    assert!(!watched(1, PollCosts::leave));
    assert!(watched(2, PollCosts::leave));
    assert!(!watched(2, |costs| costs.panicked(&SLOW)), "the panic hook prints a backtrace");
    assert!(watched(2, |costs| {
        costs.leave();
        costs.enter(&QUICK);
        costs.panicked(&QUICK);
    }));
}

#[test]
fn a_poll_that_does_not_end_is_warned_about() {
    assert!(!watched(9, |_| ()));
    assert!(watched(10, |_| ()));
}
