//! What one command costs, counted: allocations here, instructions by whoever runs this program under callgrind.
//!
//! `tests/counts/measure` does both and compares. `count engine N` takes N commands through the whole engine; `count types N`
//! does only what a user's own types do of that (decode the payload, call the handler, encode the event's payload).
//! What differs between N and 2 N is the cost of N commands, and the cost of starting has gone.

#![allow(clippy::print_stdout, reason = "a program that prints what it counted")]

use std::hint::black_box;

use kafka_service::__bench::Engine;

mod counting;
mod orders;

/// Whole batches, whole runs of every partition: the second half of a run does the same as the first.
const COMMANDS: u64 = 20_480;

fn main() {
    // `cargo bench` adds options of its own.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let texts: Vec<_> = arguments.iter().map(String::as_str).collect();
    match texts.as_slice() {
        ["engine", count] => engine(number(count)),
        ["types", count] => types(number(count)),
        _ => return both(),
    }
    let counted = counting::counted();
    println!("allocations {}\nbytes {}", counted.allocations, counted.bytes);
}

fn number(text: &str) -> u64 {
    text.parse().expect("the number of commands")
}

/// Takes commands through the engine, and looks that it has done all of it.
fn engine(count: u64) {
    let mut engine = Engine::start(orders::commands());
    engine.run(count);
    engine.settle();
    let report = engine.report();
    assert_eq!((report.finished, report.events, report.committed), (count, count, count), "{report:?}");
    let event = String::from_utf8_lossy(&report.first_event);
    let expected =
        r#"{"type":"order_created","correlation_id":"00000000-0000-7000-8000-000000000000","timestamp":"2026-"#;
    assert!(event.starts_with(expected) && event.contains(r#","id":""#), "{event}");
}

/// What the types of the user cost by themselves.
fn types(count: u64) {
    let payloads = orders::payloads();
    let mut out = Vec::with_capacity(1024);
    for payload in payloads.iter().cycle().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        out.clear();
        orders::by_hand(black_box(payload), &mut out);
        black_box(&out);
    }
}

/// For people, without callgrind.
fn both() {
    let cost = |run: fn(u64)| {
        let spent = |count| {
            let before = counting::counted();
            run(count);
            counting::counted() - before
        };
        let (once, twice) = (spent(COMMANDS), spent(2 * COMMANDS));
        twice - once
    };
    for (name, cost) in [("engine", cost(engine)), ("types", cost(types))] {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let each = |sum: u64| sum as f64 / COMMANDS as f64;
        println!("{name:6} {:7.3} allocations, {:8.1} bytes per command", each(cost.allocations), each(cost.bytes));
    }
    println!("instructions: tests/counts/measure");
}
