//! A program without a tracing subscriber. A separate program, because others set one.

use std::env;
use std::process::Command;

use kafka_service::config::Brokers;
use kafka_service::{Config, KafkaService, MessageContext};

const HINT: &str = "kafka-service: no tracing subscriber is set, so its log is discarded; set one at the start of `main`, for \
                    example `tracing_subscriber::fmt::init()` of the crate `tracing-subscriber`";
/// Whether this is the process that the test starts, and whether it sets a subscriber.
const LOGS: &str = "SILENCE_TEST_LOGS";

/// What the program writes to stderr.
fn stderr(logs: bool) -> String {
    let program = env::current_exe().expect("the test program");
    let arguments = ["--exact", "program", "--nocapture"];
    let output = Command::new(program).args(arguments).env(LOGS, logs.to_string()).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[tokio::test]
async fn program() {
    let Ok(logs) = env::var(LOGS) else { return };
    if logs == "true" {
        tracing_subscriber::fmt::init();
    }
    for _ in 0..2 {
        let service = KafkaService::new(Config::new("silent").bootstrap_servers(Brokers::Disabled));
        let service = service.on_command("ping", |_: MessageContext, (): ()| async {});
        service.start().await.expect("the service starts").shutdown().await.expect("it stops");
    }
}

#[test]
fn a_program_that_does_not_log_is_told_once_how_to() {
    assert_eq!(stderr(false).matches(HINT).count(), 1);
    assert!(!stderr(true).contains("no tracing subscriber"));
}
