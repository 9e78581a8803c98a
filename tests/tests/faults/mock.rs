//! librdkafka's mock cluster, which injects errors.

use std::{sync::mpsc, thread, time::Duration};

use kafka_service_tests::{Client, Workload};
use rdkafka::{
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

type Cluster = MockCluster<'static, DefaultProducerContext>;
type Task = Box<dyn FnOnce(&Cluster) + Send>;

/// A mock cluster on its own thread, because it cannot move between threads.
pub(crate) struct Mock {
    client: Client,
    tasks: mpsc::Sender<Task>,
}

impl std::ops::Deref for Mock {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Mock {
    pub(crate) fn start(brokers: i32) -> Self {
        let (tasks, inbox) = mpsc::channel::<Task>();
        let (started, address) = mpsc::channel();
        thread::spawn(move || {
            let cluster = MockCluster::new(brokers).unwrap();
            started.send(cluster.bootstrap_servers()).unwrap();
            inbox.into_iter().for_each(|task| task(&cluster));
        });
        Self { client: Client::new(address.recv().unwrap()), tasks }
    }

    fn with<T: Send + 'static>(&self, task: impl FnOnce(&Cluster) -> T + Send + 'static) -> T {
        let (answer, answered) = mpsc::channel();
        self.tasks.send(Box::new(move |cluster| answer.send(task(cluster)).unwrap())).unwrap();
        answered.recv().unwrap()
    }

    /// Topics and a group for a run.
    pub(crate) fn workload(&self, name: &str) -> Workload {
        let workload = Workload::named(self, name);
        for (topic, partitions) in [(&workload.commands, 4), (&workload.events, 4), (&workload.dead_letters, 1)] {
            let topic = topic.clone();
            self.with(move |cluster| cluster.create_topic(&topic, partitions, 1)).unwrap();
        }
        workload
    }

    /// Answers the next requests of this kind with these errors, one each.
    pub(crate) fn fail(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        let errors = errors.to_vec();
        self.with(move |cluster| cluster.request_errors(request, &errors));
    }

    pub(crate) fn round_trip(&self, time: Duration) {
        self.with(move |cluster| cluster.broker_round_trip_time(-1, time)).unwrap();
    }

    pub(crate) fn down(&self) {
        self.with(|cluster| cluster.broker_down(-1)).unwrap();
    }

    pub(crate) fn up(&self) {
        self.with(|cluster| cluster.broker_up(-1)).unwrap();
    }
}
