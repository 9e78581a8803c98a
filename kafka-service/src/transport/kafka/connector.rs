//! Creates consuming clients, in the group protocol that the broker supports.

use std::{sync::Arc, time::Instant};

use rdkafka::{config::FromClientConfigAndContext as _, consumer::BaseConsumer, error::KafkaError};
use tokio::runtime::Handle as Runtime;

use super::{
    callbacks::ConsumerCallbacks,
    client::KafkaClient,
    client_config::{self, describe},
    client_log::ClientLog,
    client_settings::ClientSettings,
    diagnosis::Diagnosis,
    group::{Group, Protocol, REMOTE_ASSIGNOR},
    live_config::LiveConfig,
    monitor::KafkaMonitor,
    producer::KafkaProducer,
    tokens::ClientTokens,
};
use crate::{
    config::GroupProtocol,
    transport::{Connector, Demand, GroupRefusal},
};

/// Creates one consuming client after another.
pub(crate) struct KafkaConnector {
    settings: Arc<ClientSettings>,
    log: Arc<ClientLog>,
    group: Group,
    /// Whether the classic protocol may be tried.
    may_be_classic: bool,
}

impl KafkaConnector {
    /// Must be called in a tokio runtime.
    pub(super) fn new(
        demand: Demand,
        live: Arc<LiveConfig>,
        servers: String,
        producer: Arc<KafkaProducer>,
        tokens: ClientTokens,
    ) -> Self {
        let Demand { config, consumed, needed, health, .. } = demand;
        let (protocol, may_be_classic) = match config.group_protocol {
            GroupProtocol::Consumer => (Protocol::Consumer, false),
            GroupProtocol::Classic => (Protocol::Classic, false),
            GroupProtocol::Auto => (Protocol::Consumer, true),
        };
        let runtime = Runtime::current();
        let group = Group::new(protocol, consumed.len());
        let redaction = live.redaction().clone();
        let log = Arc::new(ClientLog::new("consumer", redaction.clone(), true));
        let diagnosis = Diagnosis::new(&config);
        let has_one_identity = config.has_one_identity();
        let settings = ClientSettings {
            diagnosis,
            has_one_identity,
            config,
            live,
            redaction,
            servers,
            consumed,
            needed,
            producer,
            tokens,
            health,
            runtime,
        };
        Self { settings: Arc::new(settings), log, group, may_be_classic }
    }

    fn client(&self) -> Result<KafkaClient, KafkaError> {
        let ClientSettings { live, servers, tokens, .. } = &*self.settings;
        let config = client_config::consumer(&live.get(), servers, self.group);
        let callbacks = ConsumerCallbacks::new(Arc::clone(&self.log), tokens.refusals());
        KafkaClient::new(BaseConsumer::from_config_and_context(&config, callbacks)?, tokens)
    }

    fn use_classic(&mut self) {
        self.may_be_classic = false;
        self.group = self.group.after(GroupRefusal::Protocol).unwrap_or(self.group);
    }

    fn fall_back_to_classic(&mut self) -> Result<(), String> {
        if !self.may_be_classic {
            return Err("the broker does not support group.protocol=consumer (KIP-848, Kafka 4.0): set \
                        KAFKA_GROUP_PROTOCOL to `auto` or `classic`"
                .to_owned());
        }
        tracing::info!("broker does not support group.protocol=consumer (KIP-848, Kafka 4.0); falling back to classic");
        self.use_classic();
        Ok(())
    }

    fn fall_back_to_any_assignor(&mut self) -> Result<(), String> {
        let set = self.settings.config.consumer_properties().find(|(name, _)| *name == REMOTE_ASSIGNOR);
        match (set, self.group.after(GroupRefusal::Assignor)) {
            (None, Some(group)) => {
                tracing::info!(
                    "broker does not offer the assignor `range`; its default may assign whole topics to one member"
                );
                self.group = group;
                Ok(())
            }
            (set, _) => Err(format!(
                "the broker does not offer the assignor `{}`: set KAFKA_GROUP_REMOTE_ASSIGNOR to one of the broker's \
                 `group.consumer.assignors`, or remove it",
                set.map_or("range", |(_, assignor)| assignor)
            )),
        }
    }
}

impl Connector for KafkaConnector {
    type Client = KafkaClient;
    type Monitor = KafkaMonitor;

    fn create(&mut self, now: Instant) -> Result<(KafkaClient, KafkaMonitor), String> {
        // Before the client reads the files, so that a change after that is noticed.
        let version = self.settings.live.version();
        let client = match self.client() {
            Err(error) if self.may_be_classic => {
                tracing::info!(
                    error = describe(&error, &self.settings.redaction),
                    "configuration is incompatible with group.protocol=consumer (KIP-848); falling back to classic"
                );
                self.use_classic();
                self.client()
            }
            client => client,
        };
        let client = client.map_err(|error| {
            format!("cannot create the Kafka consumer: {}", describe(&error, &self.settings.redaction))
        })?;
        let monitor = KafkaMonitor::new(&client, Arc::clone(&self.settings), self.group.protocol, version, now);
        Ok((client, monitor.ok_or("cannot allocate a queue")?))
    }

    fn fall_back(&mut self, refusal: GroupRefusal) -> Result<(), String> {
        match refusal {
            GroupRefusal::Protocol => self.fall_back_to_classic(),
            GroupRefusal::Assignor => self.fall_back_to_any_assignor(),
        }
    }
}
