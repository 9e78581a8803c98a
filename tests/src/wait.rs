//! Waits for a condition: polling with a deadline, never a fixed sleep.

use std::fmt::Debug;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

/// The pause between two probes.
const INTERVAL: Duration = Duration::from_millis(10);

/// What a probe of [`wait_until`] returns: done with a value, or not yet, with what was seen instead.
pub trait Progress {
    /// What the wait returns.
    type Value;
    /// The value, or a description of what was seen.
    ///
    /// # Errors
    /// The condition does not hold yet; the text shows what was seen.
    fn progress(self) -> Result<Self::Value, String>;
}

impl Progress for bool {
    type Value = ();
    fn progress(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Progress for Option<T> {
    type Value = T;
    fn progress(self) -> Result<T, String> {
        self.ok_or_else(|| "None".to_owned())
    }
}

impl<T, E: Debug> Progress for Result<T, E> {
    type Value = T;
    fn progress(self) -> Result<T, String> {
        self.map_err(|seen| format!("{seen:?}"))
    }
}

impl<T> Progress for Poll<T> {
    type Value = T;
    fn progress(self) -> Result<T, String> {
        match self {
            Self::Ready(value) => Ok(value),
            Self::Pending => Err("pending".to_owned()),
        }
    }
}

/// Probes until the answer is `true`, `Some`, `Ok` or `Ready`, and returns the value in it.
///
/// The message of the panic includes `seen` of a probe that returns `Err(seen)`.
///
/// # Panics
/// Panics at the deadline, with `what` and the last answer.
#[track_caller]
pub fn wait_until<P: Progress>(deadline: Duration, what: &str, mut probe: impl FnMut() -> P) -> P::Value {
    let start = Instant::now();
    loop {
        match probe().progress() {
            Ok(value) => return value,
            Err(seen) => give_up_after(deadline, start, what, &seen),
        }
        thread::sleep(INTERVAL);
    }
}

/// [`wait_until`] for tests on a current-thread runtime: other tasks run between two probes.
///
/// # Panics
/// Panics at the deadline, with `what` and the last answer.
pub async fn wait_until_async<P: Progress>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> P,
) -> P::Value {
    let start = Instant::now();
    loop {
        match probe().await.progress() {
            Ok(value) => return value,
            Err(seen) => give_up_after(deadline, start, what, &seen),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

#[track_caller]
fn give_up_after(deadline: Duration, start: Instant, what: &str, seen: &str) {
    assert!(start.elapsed() < deadline, "timed out after {deadline:?} waiting for: {what}; last seen: {seen}");
}
