//! The end of the linger when there is nothing more to send.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use rdkafka::producer::{ProducerContext, ThreadedProducer};

use super::ffi::end_linger;
use crate::publish::Acks;

/// The bell that ends the linger. Ending it means a call that waits, so it has a thread of its own.
///
/// Under load nobody rings, batches fill, and the linger costs nothing; at low load the first record of a quiet moment
/// leaves at once. So one setting has the latency of `linger.ms=0` and the throughput of a long one.
pub(super) struct Idle {
    state: Mutex<Bell>,
    rung: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bell {
    Silent,
    Rung,
    Ended,
}

/// How long one call lets the linger count as over, at most: it ends when everything is acknowledged. Not longer than the
/// linger itself, so that a service that has become busy sends large batches again.
const IDLE_FLUSH: Duration = Duration::from_millis(5);

impl Idle {
    pub(super) fn start<C: ProducerContext + 'static>(
        producer: &Arc<ThreadedProducer<C>>,
        acks: &Arc<Acks>,
    ) -> (Arc<Self>, Option<JoinHandle<()>>) {
        let idle = Arc::new(Self { state: Mutex::new(Bell::Silent), rung: Condvar::new() });
        let (bell, producer, acks) = (Arc::clone(&idle), Arc::clone(producer), Arc::clone(acks));
        let thread = thread::Builder::new().name("kafka-linger".to_owned());
        let spawned = thread.spawn(move || {
            while bell.wait() {
                end_linger(&producer, IDLE_FLUSH);
                acks.made_room();
            }
        });
        let thread = spawned.inspect_err(|error| {
            tracing::warn!(%error, "cannot start the thread that ends the linger; every event waits for linger.ms");
        });
        (idle, thread.ok())
    }

    fn wait(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state =
            self.rung.wait_while(state, |state| *state == Bell::Silent).unwrap_or_else(PoisonError::into_inner);
        if *state == Bell::Rung {
            *state = Bell::Silent;
            return true;
        }
        false
    }

    pub(super) fn ring(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == Bell::Silent {
            *state = Bell::Rung;
            self.rung.notify_one();
        }
    }

    pub(super) fn end(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Bell::Ended;
        self.rung.notify_one();
    }
}
