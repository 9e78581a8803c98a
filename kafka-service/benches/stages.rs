//! How long each stage takes: `cargo bench -p kafka-service --no-default-features --features bench-internals --bench stages`.
//!
//! The figures are this machine's, and good for a comparison with those of a minute ago. What CI compares are counts:
//! `tests/counts/measure`.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use kafka_service::__bench::{self as engine, Encoding, Engine, Window};

mod orders;

/// As many records as a batch has at most.
const BATCH: usize = 512;

/// A command's bytes to the members of its envelope.
fn decode(criterion: &mut Criterion) {
    let commands = orders::commands();
    let value = &commands[0].value;
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(value.len() as u64));
    group.bench_function("envelope", |bencher| bencher.iter(|| engine::decode(black_box(value))));
    let payloads = orders::payloads();
    let mut out = Vec::with_capacity(1024);
    group.throughput(Throughput::Bytes(payloads[0].len() as u64));
    group.bench_function("the payload's type, and the event's, by hand", |bencher| {
        bencher.iter(|| {
            out.clear();
            orders::by_hand(black_box(&payloads[0]), &mut out);
        });
    });
}

/// A whole batch from the client to the acknowledgement of its events.
fn dispatch(criterion: &mut Criterion) {
    let mut engine = Engine::start(orders::commands());
    let mut group = criterion.benchmark_group("dispatch");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("a batch of 512 commands", |bencher| bencher.iter(|| engine.run(BATCH as u64)));
}

/// A batch into the window of its partition, finished, and committed.
fn tracker(criterion: &mut Criterion) {
    let mut window = Window::new(2 * BATCH);
    let mut group = criterion.benchmark_group("tracker");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("a batch of 512 positions", |bencher| bencher.iter(|| window.batch(BATCH)));
}

/// An event's payload to the bytes of its envelope, with its id.
fn encode(criterion: &mut Criterion) {
    let commands = orders::commands();
    let mut encoding = Encoding::new(&commands[0].value).expect("it is a command");
    let payload = orders::event_payload();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(1));
    group.bench_function("envelope and id", |bencher| {
        bencher.iter(|| encoding.event("order_created", black_box(&payload)));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion);
    dispatch(&mut criterion);
    tracker(&mut criterion);
    encode(&mut criterion);
    criterion.final_summary();
}
