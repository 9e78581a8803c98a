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
mod credential_files;
mod deadlines;
mod delivery_watch;
mod diagnosis;
mod embedded;
mod expiry;
mod failure;
mod ffi;
mod fresh;
mod group;
mod linger;
mod lists;
mod live_config;
mod monitor;
mod probe;
mod producer;
mod producer_topics;
mod quiet;
mod read_back;
mod refused;
mod renewals;
mod report_thread;
mod subscribe;
mod tokens;
mod topics;
mod watched;

use std::sync::Arc;

use tokio::runtime::Handle as Runtime;

use self::{
    client_config::describe, connector::KafkaConnector, embedded::EmbeddedBroker, live_config::LiveConfig,
    producer::KafkaProducer, read_back::KafkaReadBack, tokens::ClientTokens, topics::TopicCreator,
};
use super::{ConnectError, Connection, DeliveryReports, Demand, Keeps, Producer, Transport};
use crate::{
    config::{Brokers, Config, Redaction},
    oauth::Tokens,
};

pub(crate) use self::client_config::built_in_features;

/// Apache Kafka, or the embedded broker.
pub(crate) struct KafkaTransport;

impl Transport for KafkaTransport {
    type Connector = KafkaConnector;

    fn connect(self, demand: Demand) -> Result<Connection<KafkaConnector>, ConnectError> {
        let (servers, embedded) = brokers(&demand.config, demand.needed.iter().map(|topic| topic.name.as_str()))?;
        let Demand { config, written, reports, tokens, .. } = &demand;
        let tokens = ClientTokens::new(tokens.clone());
        let producer = producer(config, &servers, written.clone(), Arc::clone(reports), tokens.clone(), true)?;
        let producer = Arc::new(producer);
        let live = Arc::new(LiveConfig::new(config.clone(), producer.redaction().clone()));
        credential_files::watch(&live, &producer, &servers, &demand.health);
        let read_back = Box::new(KafkaReadBack::new(Arc::clone(&live), &servers, tokens.clone()));
        let connector = KafkaConnector::new(demand, live, servers.clone(), Arc::clone(&producer), tokens);
        let keeps = embedded.map(|broker| Box::new(broker) as Box<_>);
        Ok(Connection { producer, read_back, connector, servers, keeps })
    }
}

/// A producer without a service, and what has to live as long: an embedded broker. Must be called in a tokio runtime.
pub(crate) fn connect_producer(
    config: &Config,
    topics: Vec<String>,
    reports: Arc<dyn DeliveryReports>,
    tokens: Option<Arc<Tokens>>,
) -> Result<(Arc<dyn Producer>, Keeps), ConnectError> {
    let (servers, embedded) = brokers(config, topics.iter().map(String::as_str))?;
    let tokens = ClientTokens::new(tokens);
    let producer = Arc::new(producer(config, &servers, topics.clone(), reports, tokens.clone(), false)?);
    if config.create_topics {
        let (config, redaction) = (client_config::producer(config, &servers), producer.redaction().clone());
        let creator = TopicCreator { config, tokens, redaction };
        Runtime::current().spawn(topics::create_for(Arc::downgrade(&producer), creator, topics));
    }
    Ok((producer, embedded.map(|broker| Box::new(broker) as Box<_>)))
}

fn producer(
    config: &Config,
    servers: &str,
    topics: Vec<String>,
    reports: Arc<dyn DeliveryReports>,
    tokens: ClientTokens,
    is_monitored: bool,
) -> Result<KafkaProducer, ConnectError> {
    KafkaProducer::new(config, servers, topics, reports, tokens, is_monitored).map_err(|error| ConnectError {
        action: "create the Kafka client",
        source: describe(&error, &Redaction::new(config)).into(),
    })
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
