//! librdkafka's properties, as code sets them and as the transport reads them.

use super::property::Side;
use super::{Config, ConfigError};

impl Config {
    /// Sets a property of librdkafka, by its own name (`linger.ms`), for every client that it concerns.
    ///
    /// # Errors
    ///
    /// The property does not exist, the value is not one that librdkafka takes, or the engine owns the property.
    pub fn set_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Both, name, value).map_err(ConfigError::one)
    }

    /// Like [`set_property`](Self::set_property), for the consumer alone.
    ///
    /// # Errors
    ///
    /// As for [`set_property`](Self::set_property), or the property belongs to the producer.
    pub fn set_consumer_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Consumer, name, value).map_err(ConfigError::one)
    }

    /// Like [`set_property`](Self::set_property), for the producer alone.
    ///
    /// # Errors
    ///
    /// As for [`set_property`](Self::set_property), or the property belongs to the consumer.
    pub fn set_producer_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Producer, name, value).map_err(ConfigError::one)
    }

    /// The user's properties for the consumer, under their canonical names. Secrets stand in clear: not for logs.
    pub(crate) fn consumer_properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.client_properties(Side::Consumer)
    }

    /// The user's properties for the producer, under their canonical names. Secrets stand in clear: not for logs.
    pub(crate) fn producer_properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.client_properties(Side::Producer)
    }

    fn client_properties(&self, side: Side) -> impl Iterator<Item = (&str, &str)> {
        self.properties.of(side).map(|(property, entry)| (property.name, entry.value.expose()))
    }
}
