//! librdkafka's properties, as code sets them and as the transport reads them.

use super::{Config, ConfigError, property::Side, reserved::STATISTICS};

impl Config {
    /// Sets a property of librdkafka by its own name (`linger.ms`), for every client that it applies to.
    ///
    /// # Errors
    ///
    /// Returns an error if the property does not exist, the value is not valid, or this crate controls the property.
    pub fn set_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Both, name, value).map_err(ConfigError::one)
    }

    /// Sets a property of the consumer only, like [`set_property`](Self::set_property).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`set_property`](Self::set_property), or an error if the property belongs to the producer.
    pub fn set_consumer_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Consumer, name, value).map_err(ConfigError::one)
    }

    /// Sets a property of the producer only, like [`set_property`](Self::set_property).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`set_property`](Self::set_property), or an error if the property belongs to the consumer.
    pub fn set_producer_property(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.properties.set(Side::Producer, name, value).map_err(ConfigError::one)
    }

    /// The user's properties for the consumer, by canonical name. Secrets are in plain text: do not log them.
    pub(crate) fn consumer_properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.client_properties(Side::Consumer)
    }

    /// The user's properties for the producer, by canonical name. Secrets are in plain text: do not log them.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn producer_properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.client_properties(Side::Producer)
    }

    fn client_properties(&self, side: Side) -> impl Iterator<Item = (&str, &str)> {
        let used = self.properties.of(side).filter(|(property, _)| property.name != STATISTICS);
        used.map(|(property, entry)| (property.name, entry.value.expose()))
    }
}
