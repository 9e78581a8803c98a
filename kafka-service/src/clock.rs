//! Time and randomness behind a trait: in production from tokio and the operating system, in the simulation from a
//! seed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// A source of time and randomness.
pub(crate) trait Clock: Send + Sync + 'static {
    /// Completes after this duration.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// The monotonic time.
    fn instant(&self) -> Instant;

    /// The time of day.
    fn timestamp(&self) -> Timestamp;

    /// The time of day, as the standard library has it.
    fn system_time(&self) -> SystemTime {
        // A timestamp is never too early or too late for it.
        SystemTime::try_from(self.timestamp()).unwrap_or(UNIX_EPOCH)
    }

    /// A number that is uniform in all of `u64`.
    fn random(&self) -> u64;
}

/// The real clock. Sleeping needs a tokio runtime.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self) -> u64 {
        use std::hash::{BuildHasher, RandomState};
        // The standard library seeds its hashers from the operating system and varies each of them.
        RandomState::new().hash_one(0u8)
    }
}
