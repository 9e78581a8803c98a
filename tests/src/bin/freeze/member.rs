//! One of the services under test.

use kafka_service::{Config, HandlerError, HealthWatch, KafkaService, MessageContext, ServiceHandle, config::Brokers};
use kafka_service_tests::{Kafka, Work, Workload, audit::Done};

use crate::options::{Kind, Options};

const PARTITIONS: i32 = 4;

/// A service with its own topics and group.
pub(crate) struct Member {
    /// The short name at the head of its column.
    pub(crate) name: String,
    pub(crate) workload: Workload,
    health: HealthWatch,
    handle: Option<ServiceHandle>,
}

impl Member {
    pub(crate) async fn start_all(kafka: &Kafka, options: &Options) -> Vec<Self> {
        let mut members = Vec::new();
        for kind in &options.kinds {
            for number in 1..=options.services {
                members.push(Self::start(kafka, format!("{}{number}", kind.name), *kind, options).await);
            }
        }
        members
    }

    async fn start(kafka: &Kafka, name: String, kind: Kind, options: &Options) -> Self {
        let workload = Workload::new(kafka, &name, PARTITIONS);
        let mut config = config(kafka, &workload, &name, kind);
        for (property, value) in &options.properties {
            config.set_property(property, value).expect("a property of librdkafka");
        }
        let handle = service(config, &name).start().await.expect("the service starts");
        Self { name, workload, health: handle.health_watch(), handle: Some(handle) }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.health.now().ready
    }

    pub(crate) fn received(&self) -> u64 {
        self.health.now().received
    }

    /// The reasons why it is not ready.
    pub(crate) fn problems(&self) -> String {
        let problems = self.health.now().problems;
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// Shuts it down, and returns what went wrong.
    pub(crate) async fn shutdown(&mut self) -> Option<String> {
        let error = self.handle.take()?.shutdown().await.err()?;
        Some(format!("{}: {error}", self.name))
    }
}

fn config(kafka: &Kafka, workload: &Workload, name: &str, kind: Kind) -> Config {
    let mut config = Config::new(name);
    config.bootstrap_servers = Brokers::Servers(kafka.listener(if kind.tls { "ssl" } else { "plaintext" }));
    config.commands_topics = vec![workload.commands.clone()];
    config.events_topic = workload.events.clone();
    config.group_id = Some(workload.group.clone());
    config.group_protocol = kind.protocol;
    // Lets the client's own log lines name their service.
    let mut properties = vec![("client.id", name.to_owned())];
    if kind.tls {
        let ca_file = kafka.ca_file().display().to_string();
        properties.extend([("security.protocol", "SSL".to_owned()), ("ssl.ca.location", ca_file)]);
    }
    for (property, value) in properties {
        config.set_property(property, &value).expect("a valid property");
    }
    config
}

fn service(config: Config, name: &str) -> KafkaService {
    let name = name.to_owned();
    KafkaService::new(config).on_command("work", move |context: MessageContext, work: Work| {
        let done = Done::begin(&name, context.meta(), &work);
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(work.work_ms)).await;
            Ok::<_, HandlerError>(done)
        }
    })
}
