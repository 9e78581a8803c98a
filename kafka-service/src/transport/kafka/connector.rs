//! Creates consuming clients, in the group protocol that the broker supports.

use std::{sync::Arc, time::Instant};

use rdkafka::{config::FromClientConfigAndContext as _, consumer::BaseConsumer, error::KafkaError};
use tokio::runtime::Handle as Runtime;

use super::{
    callbacks::ConsumerCallbacks,
    client::KafkaClient,
    client_config::{self, Protocol, describe},
    client_log::ClientLog,
    client_settings::ClientSettings,
    monitor::KafkaMonitor,
    producer::KafkaProducer,
};
use crate::{
    config::GroupProtocol,
    transport::{Connector, Demand},
};

/// Creates one consuming client after another.
pub(crate) struct KafkaConnector {
    settings: Arc<ClientSettings>,
    log: Arc<ClientLog>,
    protocol: Protocol,
    may_fall_back: bool,
}

impl KafkaConnector {
    /// Must be called in a tokio runtime.
    pub(super) fn new(demand: Demand, servers: String, producer: Arc<KafkaProducer>) -> Self {
        let Demand { config, consumed, needed, health, .. } = demand;
        let (protocol, may_fall_back) = match config.group_protocol {
            GroupProtocol::Consumer => (Protocol::Consumer, false),
            GroupProtocol::Classic => (Protocol::Classic, false),
            GroupProtocol::Auto => (Protocol::Consumer, true),
        };
        let runtime = Runtime::current();
        let settings = ClientSettings { config, servers, consumed, needed, producer, health, runtime };
        Self { settings: Arc::new(settings), log: Arc::new(ClientLog::new("consumer")), protocol, may_fall_back }
    }

    fn client(&self) -> Result<KafkaClient, KafkaError> {
        let config = client_config::consumer(&self.settings.config, &self.settings.servers, self.protocol);
        KafkaClient::new(BaseConsumer::from_config_and_context(&config, ConsumerCallbacks::new(Arc::clone(&self.log)))?)
    }
}

impl Connector for KafkaConnector {
    type Client = KafkaClient;
    type Monitor = KafkaMonitor;

    fn create(&mut self, now: Instant) -> Result<(KafkaClient, KafkaMonitor), String> {
        let client = match self.client() {
            Err(error) if self.may_fall_back => {
                tracing::info!(
                    error = describe(&error),
                    "configuration is incompatible with group.protocol=consumer (KIP-848); falling back to classic"
                );
                (self.protocol, self.may_fall_back) = (Protocol::Classic, false);
                self.client()
            }
            client => client,
        };
        let client = client.map_err(|error| format!("cannot create the Kafka consumer: {}", describe(&error)))?;
        let monitor = KafkaMonitor::new(&client, Arc::clone(&self.settings), self.protocol, now);
        Ok((client, monitor.ok_or("cannot allocate a queue")?))
    }

    fn fall_back(&mut self) -> Result<(), String> {
        if !self.may_fall_back {
            return Err("the broker does not support group.protocol=consumer (KIP-848, Kafka 4.0): set \
                        KAFKA_GROUP_PROTOCOL to `auto` or `classic`"
                .to_owned());
        }
        tracing::info!("broker does not support group.protocol=consumer (KIP-848, Kafka 4.0); falling back to classic");
        (self.protocol, self.may_fall_back) = (Protocol::Classic, false);
        Ok(())
    }
}
