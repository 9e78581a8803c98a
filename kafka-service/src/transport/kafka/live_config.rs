//! The configuration of the clients, whose secrets may be read from their files again.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{config::Config, sync};

/// The configuration that the next client is created with.
#[derive(Debug)]
pub(super) struct LiveConfig {
    config: RwLock<Arc<Config>>,
    version: AtomicU64,
}

impl LiveConfig {
    pub(super) fn new(config: Config) -> Self {
        Self { config: RwLock::new(Arc::new(config)), version: AtomicU64::new(0) }
    }

    pub(super) fn get(&self) -> Arc<Config> {
        Arc::clone(&sync::read(&self.config))
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
