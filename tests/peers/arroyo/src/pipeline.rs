//! The chain of strategies.

use std::{sync::Arc, time::Duration};

use sentry_arroyo::{
    backends::{
        AsyncProducer, ProducerError,
        kafka::{
            producer::{AsyncKafkaProducer, KafkaProducer},
            types::KafkaPayload,
        },
    },
    processing::strategies::{
        ProcessingStrategy, ProcessingStrategyFactory, SubmitError,
        commit_offsets::CommitOffsets,
        produce::Produce,
        run_task::RunTask,
        run_task_in_threads::{ConcurrencyConfig, RunTaskError, RunTaskFunc, RunTaskInThreads},
    },
    types::{Message, Topic, TopicOrPartition},
};
use tokio::runtime::Handle;
use workload::Arm;

use crate::{
    handler::{handle, handle_blocking},
    settings,
};

/// As often as the other arms. It waits for the broker's answer each time, which cannot be avoided.
const COMMIT_EVERY: Duration = Duration::from_millis(100);

/// The maximum number of unacknowledged events. High enough never to be the limit: above it, sentry_arroyo's loop
/// resubmits without a pause.
const UNACKNOWLEDGED: usize = 10_000;

/// How events are produced.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Acked,
    Produce,
}

/// Builds the strategies when partitions are assigned.
pub(crate) struct Pipeline {
    arm: &'static Arm,
    mode: Mode,
    concurrency: usize,
    runtime: Handle,
}

type Strategy = Box<dyn ProcessingStrategy<KafkaPayload>>;

impl Pipeline {
    pub(crate) fn new(arm: &'static Arm, mode: Mode, concurrency: usize, runtime: &Handle) -> Self {
        Self { arm, mode, concurrency, runtime: runtime.clone() }
    }

    fn threads(&self, concurrency: usize) -> ConcurrencyConfig {
        ConcurrencyConfig::with_runtime(concurrency, self.runtime.clone())
    }

    fn handled<N: ProcessingStrategy<KafkaPayload> + 'static>(&self, next: N) -> Strategy {
        let arm = self.arm;
        if self.concurrency == 1 {
            let handler = move |message| handle_blocking(arm, message).map_err(SubmitError::InvalidMessage);
            return Box::new(RunTask::new(handler, next));
        }
        let handler = move |message| -> RunTaskFunc<KafkaPayload, ProducerError> {
            Box::pin(async move { handle(arm, message).await.map_err(RunTaskError::InvalidMessage) })
        };
        Box::new(RunTaskInThreads::new(next, handler, &self.threads(self.concurrency), None))
    }

    /// Creating the task hands the event to librdkafka, in the order of the commands; the task only waits for the
    /// acknowledgement.
    fn acked(&self) -> impl ProcessingStrategy<KafkaPayload> + use<> {
        let producer = AsyncKafkaProducer::new(settings::producer(self.arm)).expect("the settings are valid");
        let (producer, events) = (Arc::new(producer), self.events());
        let produce = move |message: Message<KafkaPayload>| -> RunTaskFunc<KafkaPayload, ProducerError> {
            let acknowledged = producer.produce(&events, message.payload().clone());
            Box::pin(async move { acknowledged.await.map(|()| message).map_err(RunTaskError::Other) })
        };
        let concurrency = self.threads(UNACKNOWLEDGED);
        RunTaskInThreads::new(CommitOffsets::new(COMMIT_EVERY), produce, &concurrency, Some("produce"))
    }

    fn queued(&self) -> impl ProcessingStrategy<KafkaPayload> + use<> {
        let producer = KafkaProducer::new(settings::producer(self.arm)).expect("the settings are valid");
        Produce::new(CommitOffsets::new(COMMIT_EVERY), producer, &self.threads(self.concurrency), self.events())
    }

    fn events(&self) -> TopicOrPartition {
        TopicOrPartition::Topic(Topic::new(&self.arm.events))
    }
}

impl ProcessingStrategyFactory<KafkaPayload> for Pipeline {
    fn create(&self) -> Strategy {
        let strategy = match self.mode {
            Mode::Acked => self.handled(self.acked()),
            Mode::Produce => self.handled(self.queued()),
        };
        self.arm.ready();
        strategy
    }
}
