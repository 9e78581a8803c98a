//! Durations that follow from several settings.

use std::time::Duration;

use crate::{config::Config, registry::Routes};

/// How long a revoked partition waits for its handlers: much shorter than every timeout after which the group would
/// continue without this member.
pub(super) fn drain_deadline(config: &Config) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let session = config
        .consumer_properties()
        .find(|(name, _)| *name == "session.timeout.ms")
        .and_then(|(_, value)| value.parse().ok())
        .map_or(LONGEST, Duration::from_millis);
    LONGEST.min(session / 2).min(config.shutdown_deadline)
}

/// How long the service may make no progress: not shorter than the timeout of any handler. `None` disables the check.
pub(super) fn stall_limit(config: &Config, routes: &Routes) -> Option<Duration> {
    let timeouts = routes.handlers().filter_map(|handler| handler.timeout);
    let longest = timeouts.chain([config.handler_timeout]).max().unwrap_or_default();
    config.stall_timeout.map(|limit| limit.max(longest))
}
