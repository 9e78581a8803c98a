//! The thread that receives the events of the producing client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rdkafka::{
    error::KafkaError,
    producer::{BaseProducer, ProducerContext},
};

use super::ffi::Inbox;

/// Handles the events of the client, and sleeps while there are none. (The wrapper's own thread polls for a tenth of a
/// second and spends the last millisecond of it awake, which costs one per cent of a core all the time.)
#[derive(Debug)]
pub(super) struct ReportThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ReportThread {
    pub(super) fn start<C: ProducerContext + 'static>(producer: &Arc<BaseProducer<C>>) -> Result<Self, KafkaError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (producer, stopped) = (Arc::clone(producer), Arc::clone(&stop));
        let thread = thread::Builder::new().name("kafka-reports".to_owned()).spawn(move || {
            let inbox = Inbox::of_this_thread(&producer);
            while !stopped.load(Ordering::Acquire) {
                while !inbox.is_empty() {
                    // One event, which has the reports of a whole batch.
                    producer.poll(Duration::ZERO);
                }
                thread::park();
            }
        });
        let thread = thread
            .map_err(|error| KafkaError::ClientCreation(format!("cannot start the delivery report thread: {error}")))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for ReportThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has panicked and the panic hook has reported it; there is nothing left to do.
            _ = thread.join();
        }
    }
}
