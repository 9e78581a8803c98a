//! The transport for Apache Kafka, or for librdkafka's in-process mock of it. Only this folder uses rdkafka.

mod callbacks;
mod client;
mod client_config;
mod client_log;
mod client_settings;
mod close;
mod closing;
mod connection;
mod connector;
mod deadlines;
mod delivery_watch;
mod embedded;
mod ffi;
mod fresh;
mod group;
mod linger;
mod lists;
mod monitor;
mod probe;
mod producer;
mod producer_topics;
mod read_back;
mod refused;
mod renewals;
mod report_thread;
mod subscribe;
mod topics;
mod watched;

use std::sync::Arc;

use tokio::runtime::Handle as Runtime;

use self::{
    client_config::describe, connector::KafkaConnector, embedded::EmbeddedBroker, producer::KafkaProducer,
    read_back::KafkaReadBack,
};
use super::{ConnectError, Connection, DeliveryReports, Demand, Keeps, Producer, Transport};
use crate::config::{Brokers, Config};

pub(crate) use self::client_config::built_in_features;

/// Apache Kafka, or the embedded broker.
pub(crate) struct KafkaTransport;

impl Transport for KafkaTransport {
    type Connector = KafkaConnector;

    fn connect(self, demand: Demand) -> Result<Connection<KafkaConnector>, ConnectError> {
        let (servers, embedded) = brokers(&demand.config, demand.needed.iter().map(|topic| topic.name.as_str()))?;
        let Demand { config, written, reports, .. } = &demand;
        let producer = Arc::new(producer(config, &servers, written.clone(), Arc::clone(reports))?);
        let read_back = Box::new(KafkaReadBack::new(config, &servers));
        let connector = KafkaConnector::new(demand, servers.clone(), Arc::clone(&producer));
        let keeps = embedded.map(|broker| Box::new(broker) as Box<_>);
        Ok(Connection { producer, read_back, connector, servers, keeps })
    }
}

/// A producer without a service, and what has to live as long: an embedded broker. Must be called in a tokio runtime.
pub(crate) fn connect_producer(
    config: &Config,
    topics: Vec<String>,
    reports: Arc<dyn DeliveryReports>,
) -> Result<(Arc<dyn Producer>, Keeps), ConnectError> {
    let (servers, embedded) = brokers(config, topics.iter().map(String::as_str))?;
    let producer = Arc::new(producer(config, &servers, topics.clone(), reports)?);
    if config.create_topics {
        let client = client_config::producer(config, &servers);
        Runtime::current().spawn(topics::create_for(Arc::downgrade(&producer), client, topics));
    }
    Ok((producer, embedded.map(|broker| Box::new(broker) as Box<_>)))
}

fn producer(
    config: &Config,
    servers: &str,
    topics: Vec<String>,
    reports: Arc<dyn DeliveryReports>,
) -> Result<KafkaProducer, ConnectError> {
    KafkaProducer::new(config, servers, topics, reports)
        .map_err(|error| ConnectError { action: "create the Kafka client", source: describe(&error).into() })
}

/// Where the brokers are. If that is in this process, the broker too, with these topics.
fn brokers<'a>(
    config: &Config,
    topics: impl Iterator<Item = &'a str>,
) -> Result<(String, Option<EmbeddedBroker>), ConnectError> {
    match &config.bootstrap_servers {
        Brokers::Servers(servers) => Ok((servers.clone(), None)),
        Brokers::Disabled => Ok((String::new(), None)),
        Brokers::Embedded => {
            let failed = |reason: String| ConnectError { action: "start the embedded broker", source: reason.into() };
            let broker = EmbeddedBroker::start().map_err(failed)?;
            for topic in topics {
                broker.create_topic(topic).map_err(failed)?;
            }
            Ok((broker.bootstrap().to_owned(), Some(broker)))
        }
    }
}
