//! Drops a client, which can hang after a fatal error or while brokers are down.

use std::{sync::mpsc, thread, time::Duration};

/// How long dropping a client may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Drops a client on a separate thread and waits for it, but not forever. A client that hangs is leaked.
pub(super) fn close<T: Send + 'static>(client: T, what: &'static str) -> bool {
    let (done, closed) = mpsc::channel();
    let spawned = thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
        drop(client);
        // The receiver may have stopped waiting.
        _ = done.send(());
    });
    let closed = spawned.is_ok() && closed.recv_timeout(PATIENCE).is_ok();
    if !closed {
        tracing::warn!(client = what, timeout = ?PATIENCE, "Kafka client did not close in time; leaking it");
    }
    closed
}
