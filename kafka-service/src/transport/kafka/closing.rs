//! The end of a consumer: it leaves its group, and is freed or leaked.

use std::time::Duration;

use rdkafka::consumer::BaseConsumer;

use super::{callbacks::ConsumerCallbacks, ffi::destroy_closed};

/// A consumer that may already be closing. Its own drop would not wait for that, and would report it as an error.
pub(super) struct Closing {
    consumer: Option<BaseConsumer<ConsumerCallbacks>>,
    /// Whether its memory is freed in the end.
    free: bool,
}

impl Closing {
    pub(super) fn new(consumer: BaseConsumer<ConsumerCallbacks>, free: bool) -> Self {
        Self { consumer: Some(consumer), free }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        const STEP: Duration = Duration::from_millis(10);
        let Some(consumer) = self.consumer.take() else { return };
        // An error means that it is already closing or closed.
        drop(consumer.close_queue());
        while !consumer.closed() {
            consumer.poll(STEP);
        }
        if self.free {
            destroy_closed(consumer);
        } else {
            std::mem::forget(consumer);
        }
    }
}
