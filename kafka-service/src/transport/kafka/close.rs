//! Dropping a client, which can hang: with a fatal error, or with brokers that are away.

use std::{sync::mpsc, thread, time::Duration};

/// How long a client may take to say goodbye.
const PATIENCE: Duration = Duration::from_secs(3);

/// Drops a client on a thread of its own and waits for that, but not for ever. A client that hangs is left behind.
pub(super) fn close<T: Send + 'static>(client: T, what: &'static str) -> bool {
    let (done, closed) = mpsc::channel();
    let spawned = thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
        drop(client);
        // Nobody may wait any more.
        _ = done.send(());
    });
    let closed = spawned.is_ok() && closed.recv_timeout(PATIENCE).is_ok();
    if !closed {
        tracing::warn!(client = what, patience = ?PATIENCE, "Kafka client did not close in time; leaking it");
    }
    closed
}
