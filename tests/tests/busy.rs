//! CPU-heavy handlers, and handlers that block the async thread. A separate program, because it checks the whole log.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kafka_service::{Config, KafkaService, command, config::Brokers};
use kafka_service_tests::{Client, Log, Message, wait_until};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);

static COMPUTING: AtomicUsize = AtomicUsize::new(0);
static MET: AtomicBool = AtomicBool::new(false);

/// Computes until another call computes too, but for a limited time if alone.
#[command("compute")]
async fn compute() {
    let began = Instant::now();
    COMPUTING.fetch_add(1, Ordering::SeqCst);
    while !MET.load(Ordering::SeqCst) && began.elapsed() < Duration::from_millis(5) {
        if COMPUTING.load(Ordering::SeqCst) > 1 {
            MET.store(true, Ordering::SeqCst);
        }
        spin_loop();
    }
    COMPUTING.fetch_sub(1, Ordering::SeqCst);
}

static RELEASED: AtomicBool = AtomicBool::new(false);

/// Blocks the thread, as a blocking driver does.
#[command("block")]
async fn block() {
    while !RELEASED.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cpu_heavy_handlers_use_all_cores_and_blocking_is_named() {
    let log = Log::collect();
    let mut config = Config::new("busy");
    config.bootstrap_servers = Brokers::Embedded;
    let service = KafkaService::new(config).start().await.expect("the service starts");
    wait_until(PATIENCE, "the service to be ready", || service.health().ready);
    let client = Client::new(service.bootstrap_servers());
    let message = |kind: &str, n: usize| {
        Message::from(json!({"type": kind, "correlation_id": format!("c-{n}"), "payload": {}})).key(format!("k-{n}"))
    };

    client.produce_all("service_commands", (0..2_000).map(|n| message("compute", n)));
    wait_until(PATIENCE, "two of them to compute concurrently", || MET.load(Ordering::SeqCst));
    wait_until(PATIENCE, "all to finish", || service.health().finished == 2_000);

    client.produce_all("service_commands", [message("block", 0)]);
    let said = || log.text().contains("handler is blocking the async thread");
    wait_until(PATIENCE, "the warning while the handler blocks", said);
    RELEASED.store(true, Ordering::SeqCst);
    wait_until(PATIENCE, "it to finish", || service.health().finished == 2_001);
    service.shutdown().await.expect("a clean shutdown");

    let log = log.text();
    let warning = log.split_once("WARN").map(|(_, warning)| warning).expect("a warning");
    assert!(warning.contains("make it a plain `fn`"), "{log}");
    assert!(warning.contains("`busy::block` (tests/tests/busy.rs:"), "{log}");
}
