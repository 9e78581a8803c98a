//! Whether the producing client is connected to a broker.
//!
//! librdkafka reports the loss of its last connection, but not that it has a connection again. So a thread asks for as
//! long as there is none, and sleeps while there is one.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

use rdkafka::{
    error::KafkaError,
    producer::{BaseProducer, Producer as _, ProducerContext},
};
use tokio::sync::Notify;

use super::ffi::TopicHandle;
use crate::sync;

/// How long one question may take. A client that is closed waits for the end of the question.
const STEP: Duration = Duration::from_millis(100);

/// What is known about the connection of the producer, whichever client it has.
#[derive(Debug, Default)]
pub(super) struct Connection {
    is_up: AtomicBool,
    changed: Notify,
    asker: Mutex<Option<Thread>>,
}

impl Connection {
    #[inline]
    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Acquire)
    }

    /// Completes when a broker is connected.
    pub(super) async fn up(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            // Registered before the check, so that a connection in between is not missed.
            changed.as_mut().enable();
            if self.is_up() {
                return;
            }
            changed.await;
        }
    }

    fn found(&self) {
        self.is_up.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// The client has lost its last connection, or is a new one. If it already has another connection, that is found
    /// out at once.
    pub(super) fn lost(&self) {
        self.is_up.store(false, Ordering::Release);
        if let Some(asker) = &*sync::lock(&self.asker) {
            asker.unpark();
        }
    }
}

/// The thread that asks one client.
#[derive(Debug)]
pub(super) struct ConnectionThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ConnectionThread {
    /// Starts with the first connection of a client. The questions about later ones are about this topic.
    pub(super) fn start<C>(
        connection: &Arc<Connection>,
        producer: &Arc<BaseProducer<C>>,
        topic: String,
    ) -> Result<Self, KafkaError>
    where
        C: ProducerContext<DeliveryOpaque = usize> + 'static,
    {
        connection.lost();
        Self::asking(connection, question(Arc::clone(producer), topic))
            .map_err(|error| KafkaError::ClientCreation(format!("cannot start the connection thread: {error}")))
    }

    fn asking(
        connection: &Arc<Connection>,
        mut ask: impl FnMut(Duration) -> bool + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (connection, stopped) = (Arc::clone(connection), Arc::clone(&stop));
        let thread = thread::Builder::new().name("kafka-connection".to_owned()).spawn(move || {
            *sync::lock(&connection.asker) = Some(thread::current());
            while !stopped.load(Ordering::Acquire) {
                if connection.is_up() {
                    thread::park();
                } else if ask(STEP) {
                    connection.found();
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for ConnectionThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has panicked and the panic hook has reported it; there is nothing left to do.
            _ = thread.join();
        }
    }
}

/// Asks whether the client is connected to a broker, and waits for a connection.
fn question<C>(producer: Arc<BaseProducer<C>>, topic: String) -> impl FnMut(Duration) -> bool + Send + 'static
where
    C: ProducerContext<DeliveryOpaque = usize> + 'static,
{
    let (mut was_connected, mut handle) = (false, None);
    move |wait| {
        if was_connected {
            let handle = handle.get_or_insert_with(|| TopicHandle::new(&producer, &topic));
            // Without memory for a handle, the client is believed to be connected, as before the question.
            return handle.as_ref().is_none_or(|handle| handle.reaches_broker(wait));
        }
        // The first connection, without a topic handle: creating one before it costs 0.3 s. A broker may have no
        // cluster id, and then the answer arrives early.
        let asked = Instant::now();
        was_connected = producer.client().fetch_cluster_id(wait).is_some() || asked.elapsed() < wait / 2;
        was_connected
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_lost_connection_is_asked_for_until_it_is_found() {
        let connection = Arc::new(Connection::default());
        let (answers, next) = mpsc::channel();
        let asking = ConnectionThread::asking(&connection, move |_| next.recv().unwrap_or(false)).unwrap();
        let up = || tokio::time::timeout(PATIENCE, connection.up());
        for answer in [false, true] {
            assert!(!connection.is_up());
            answers.send(answer).unwrap();
        }
        up().await.unwrap();
        connection.lost();
        assert!(!connection.is_up(), "until the next answer");
        answers.send(true).unwrap();
        up().await.unwrap();
        drop(asking);
    }
}
