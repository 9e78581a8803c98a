//! The service that the chaos, rival and fault tests run as separate processes, and kill.
//!
//! Its configuration comes from the environment: `KAFKA_*`, `WORKER_INSTANCE` for its name, and `WORKER_TOKENS` for its
//! token provider. It writes `health:
//! ready` and `health: not ready: <problems>` to stdout when its health changes, and its log to stderr.

#![expect(clippy::print_stdout, reason = "the tests read it")]

use std::{io, sync::Arc, thread, time::Duration};

use kafka_service::{HandlerError, Health, HealthWatch, KafkaService, Meta, State, command, health::ServiceState};
use kafka_service_tests::{TokenSource, Work, audit::Done};

#[derive(Clone)]
struct Instance(Arc<str>);

/// Sleeps for the duration of the work, then does what its kind says.
#[command("work")]
async fn work(State(instance): State<Instance>, meta: Meta, work: Work) -> Result<Done, HandlerError> {
    let done = Done::begin(&instance.0, &meta, &work);
    if work.work_ms > 0 {
        tokio::time::sleep(Duration::from_millis(work.work_ms)).await;
    }
    match (work.kind.as_str(), meta.attempt()) {
        ("poison", _) => Err(HandlerError::permanent("this command is poison")),
        ("fail_once", 1) => Err(HandlerError::new("the first attempt fails")),
        ("fail", attempt) => Err(HandlerError::new(format!("attempt {attempt} fails"))),
        ("panic", 1) => oh_no(),
        ("hang", _) => std::future::pending().await,
        _ => Ok(done),
    }
}

#[expect(clippy::panic, reason = "what a handler's panic does is under test")]
fn oh_no() -> Result<Done, HandlerError> {
    panic!("the first attempt panics")
}

/// The same on a blocking thread.
#[command("work_blocking")]
#[expect(clippy::needless_pass_by_value, reason = "a handler owns its arguments")]
fn work_blocking(State(instance): State<Instance>, meta: Meta, work: Work) -> Done {
    let done = Done::begin(&instance.0, &meta, &work);
    thread::sleep(Duration::from_millis(work.work_ms));
    done
}

/// Returns an error of its own type with `?`.
#[command("read_a_file")]
async fn read_a_file() -> Result<(), io::Error> {
    std::fs::read("/no/such/file")?;
    Ok(())
}

/// Returns an event of about as many bytes as the work has milliseconds.
#[command("too_large")]
async fn too_large(State(instance): State<Instance>, meta: Meta, work: Work) -> Done {
    let done = Done::begin(&instance.0, &meta, &work);
    Done { instance: "x".repeat(usize::try_from(work.work_ms).unwrap_or(0)), ..done }
}

fn tell(health: &Health, last: &mut String) {
    let now = if health.ready {
        "health: ready".to_owned()
    } else {
        let problems: Vec<_> = health.problems.iter().map(ToString::to_string).collect();
        let liveness = if health.live { "" } else { "not live, " };
        format!("health: {liveness}not ready: {}", problems.join("; "))
    };
    if *last != now {
        println!("{now}");
        *last = now;
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), kafka_service::Error> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    let name = std::env::var("WORKER_INSTANCE").unwrap_or_else(|_| "worker".to_owned());
    let service = KafkaService::from_env()?.state(Instance(name.into()));
    let service = match TokenSource::from_env() {
        Some(source) => service.token_provider(source),
        None => service,
    };
    let service = service.start().await?;
    tokio::spawn(watch(service.health_watch()));
    service.run().await
}

/// Prints the service's health until shutdown.
async fn watch(watch: HealthWatch) {
    let mut last = String::new();
    loop {
        let health = watch.now();
        if matches!(health.state, ServiceState::Draining | ServiceState::Stopped) {
            return;
        }
        tell(&health, &mut last);
        if health.state == ServiceState::Failed {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
