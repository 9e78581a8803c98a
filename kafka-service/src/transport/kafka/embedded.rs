//! `KAFKA_BOOTSTRAP_SERVERS=embedded`: librdkafka's mock cluster, in this process.
//!
//! It speaks the Kafka protocol on a loopback port, so any other client can connect. It is meant for experiments: it
//! stores nothing on disk, and keeps only the newest 5 MB of a partition.

use std::{io, sync::mpsc, thread};

use rdkafka::mocking::MockCluster;

/// A running broker. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct EmbeddedBroker {
    bootstrap: String,
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Request {
    topic: String,
    answer: mpsc::Sender<Result<(), String>>,
}

const PARTITIONS: i32 = 4;

impl EmbeddedBroker {
    /// Starts the broker on a free loopback port.
    pub(crate) fn start() -> Result<Self, String> {
        let (started, address) = mpsc::channel();
        let (requests, inbox) = mpsc::channel();
        // The cluster cannot move between threads, so one thread owns it.
        let thread = thread::Builder::new()
            .name("kafka-embedded".to_owned())
            .spawn(move || serve(&started, &inbox))
            .map_err(|error: io::Error| error.to_string())?;
        let bootstrap = address.recv().map_err(|_| "the broker thread ended during startup".to_owned())??;
        tracing::info!(
            bootstrap_servers = bootstrap,
            help =
                "for tests and development only; data is in memory (the newest 5 MB of a partition) and lost at exit",
            "embedded broker started"
        );
        Ok(Self { bootstrap, requests: Some(requests), thread: Some(thread) })
    }

    /// The address for other clients.
    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Creates a topic with four partitions, unless it exists.
    pub(crate) fn create_topic(&self, topic: &str) -> Result<(), String> {
        let (answer, answered) = mpsc::channel();
        let requests = self.requests.as_ref().ok_or("the broker thread has ended")?;
        requests.send(Request { topic: topic.to_owned(), answer }).map_err(|_| "the broker thread has ended")?;
        answered.recv().map_err(|_| "the broker thread has ended")?
    }
}

fn serve(started: &mpsc::Sender<Result<String, String>>, inbox: &mpsc::Receiver<Request>) {
    let cluster = match MockCluster::new(1) {
        Ok(cluster) => cluster,
        Err(error) => {
            _ = started.send(Err(error.to_string()));
            return;
        }
    };
    _ = started.send(Ok(cluster.bootstrap_servers()));
    for Request { topic, answer } in inbox {
        let created = cluster.create_topic(&topic, PARTITIONS, 1).map_err(|error| error.to_string());
        _ = answer.send(created);
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        // Without a sender, the loop of the thread ends, and the cluster with it.
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
