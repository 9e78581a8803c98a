//! Time and chance, behind a seam: production takes them from tokio and the operating system, the simulation from a seed.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// Where time and randomness come from.
pub(crate) trait Clock: Send + Sync + 'static {
    /// Completes after this long.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// The time that only goes forward.
    fn instant(&self) -> Instant;

    /// The time of day.
    fn timestamp(&self) -> Timestamp;

    /// Uniform in all of `u64`.
    fn random(&self) -> u64;
}

/// The real ones. Sleeping needs a tokio runtime.
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
        // The standard library seeds its hashers from the operating system and changes every one.
        RandomState::new().hash_one(0u8)
    }
}
