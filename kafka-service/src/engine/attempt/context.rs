//! What every attempt uses.

use std::{fmt, sync::Arc, time::Duration};

use super::PollCosts;
use crate::{
    config::{Config, RetryPolicy},
    engine::Shared,
    handler::{Classifiers, States},
    publisher::Publisher,
    registry::Handler,
};

/// What every attempt uses.
pub(crate) struct AttemptContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: AttemptSettings,
    pub(crate) states: States,
    pub(crate) classifiers: Classifiers,
    pub(crate) publisher: Publisher,
    pub(crate) costs: Arc<PollCosts>,
}

/// The settings of attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptSettings {
    pub(crate) handler_timeout: Duration,
    pub(crate) retry: RetryPolicy,
}

impl AttemptSettings {
    pub(crate) fn new(config: &Config) -> Self {
        Self { handler_timeout: config.handler_timeout, retry: config.retry }
    }
}

impl AttemptContext {
    /// The policy for retries of a handler.
    pub(crate) fn retry_policy(&self, handler: &Handler) -> RetryPolicy {
        handler.retry.applied_to(&self.settings.retry)
    }
}

impl fmt::Debug for AttemptContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AttemptContext").field("settings", &self.settings).finish_non_exhaustive()
    }
}
