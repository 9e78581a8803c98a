//! How long a command is inside: `cargo bench -p kafka-service --no-default-features --features bench-internals --bench latency`.
//!
//! From the moment when the client gives out its record to the moment when its event is handed to the producer, with the
//! threads of a service. What Kafka adds shows in `tests/peers/run --workload latency`.

#![allow(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::time::Duration;

use kafka_service::__bench::latencies;
use tokio::runtime::Runtime;

mod orders;

/// Commands per second, and for how many seconds.
const RATES: [(u32, u32); 3] = [(500, 10), (5_000, 4), (50_000, 2)];

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    println!("commands/s   p50 us   p90 us   p99 us   max us");
    for (rate, seconds) in RATES {
        let waits =
            latencies(runtime.handle(), orders::commands(), Duration::from_secs(1) / rate, (rate * seconds) as usize);
        let at = |share: usize| waits[(waits.len() - 1) * share / 1_000].as_secs_f64() * 1e6;
        println!("{rate:10} {:8.1} {:8.1} {:8.1} {:8.1}", at(500), at(900), at(990), at(1_000));
    }
}
