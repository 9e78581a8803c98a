//! Replaces a client that works, because its credentials have been replaced.

use std::{sync::Arc, time::Duration};

use rdkafka::{ClientConfig, error::KafkaError, producer::Producer as _};

use super::{KafkaProducer, current::Current};
use crate::{
    sync,
    transport::{
        Producer as _,
        kafka::{
            client_config::{self, describe},
            close::close,
        },
    },
};

/// How long a client with new credentials may take to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long the client that it replaces may take to deliver what it holds.
const DELIVER_WITHIN: Duration = Duration::from_secs(10);

impl KafkaProducer {
    /// Replaces a client that works by one with these settings, which have other credentials. Sends nothing until the old
    /// one has delivered what it holds, so that nothing is overtaken or sent twice. The error says why the new client
    /// does not work; the old one is kept then.
    pub(in crate::transport::kafka) fn replace(&self, mut config: ClientConfig) -> Result<(), String> {
        client_config::take_linger(&mut config);
        let before = std::mem::replace(&mut *sync::lock(&self.common.config), config);
        let keep = |cause: &KafkaError| {
            *sync::lock(&self.common.config) = before;
            describe(cause, self.redaction())
        };
        let new = match Current::new(&self.common) {
            Ok(new) => new,
            Err(error) => return Err(keep(&error)),
        };
        if let Err(error) = new.producer.client().fetch_metadata(None, CONNECT_WITHIN) {
            let trouble = self.common.log.failure().map(|failure| failure.text);
            let cause = keep(&error);
            close(new, "producer");
            return Err(trouble.unwrap_or(cause));
        }
        self.common.reports.hold();
        self.flush(DELIVER_WITHIN);
        let old = std::mem::replace(&mut *sync::write(&self.current), Arc::new(new));
        // What it still holds comes back as undelivered.
        close(old, "producer");
        self.common.reports.release();
        Ok(())
    }
}
