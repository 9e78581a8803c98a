//! The configuration of the clients, whose secrets may be read from their files again.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    config::{Config, Redaction},
    sync,
};

/// The configuration that the next client is created with.
#[derive(Debug)]
pub(super) struct LiveConfig {
    config: RwLock<Arc<Config>>,
    redaction: Redaction,
    version: AtomicU64,
}

impl LiveConfig {
    pub(super) fn new(config: Config, redaction: Redaction) -> Self {
        Self { redaction, config: RwLock::new(Arc::new(config)), version: AtomicU64::new(0) }
    }

    pub(super) fn get(&self) -> Arc<Config> {
        Arc::clone(&sync::read(&self.config))
    }

    /// Removes the secrets, old and new, from what the clients say.
    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// How often the files of the clients have changed. A client that was created at another version is outdated.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The files have changed, and with them possibly the secrets in the configuration.
    pub(super) fn renew(&self, config: Config) {
        *sync::write(&self.config) = Arc::new(config);
        self.version.fetch_add(1, Ordering::Release);
    }
}
