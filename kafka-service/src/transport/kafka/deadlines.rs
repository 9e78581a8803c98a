//! How long a client may get no answer.

use std::time::Duration;

/// How long there may be no answer before the service is not ready. Leader elections are usually faster.
pub(super) const SILENCE: Duration = Duration::from_millis(4_500);
/// How long the client may get no answer before a new client is tried.
pub(super) const SUSPECT: Duration = Duration::from_secs(10);
