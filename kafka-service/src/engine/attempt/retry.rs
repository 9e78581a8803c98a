//! How often and how soon a failed attempt is retried. Pure: no clock, no sleep, no randomness of its own.

use std::time::Duration;

use crate::{config::RetryPolicy, handler::ErrorClass};

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Retry after this delay.
    After(Duration),
    /// Do not retry.
    GiveUp,
}

/// Decides what to do after attempt number `attempt` (the first is 1) failed, `elapsed` after the first one started.
/// `random` is uniform in `0..=u64::MAX`.
///
/// The delay is uniform between zero and `min * 2^(attempt - 1)`, capped at `max` ("full jitter"), so that instances
/// that failed together do not retry together. A delay requested by the handler is used unchanged.
pub(super) fn decide(
    policy: &RetryPolicy,
    class: ErrorClass,
    attempt: u32,
    elapsed: Duration,
    random: u64,
) -> Decision {
    let wait = match class {
        ErrorClass::Permanent => return Decision::GiveUp,
        ErrorClass::RetryAfter(wait) => wait,
        ErrorClass::Retryable => jitter(ceiling(policy, attempt), random),
    };
    if attempt >= policy.attempts || elapsed.saturating_add(wait) > policy.deadline {
        return Decision::GiveUp;
    }
    Decision::After(wait)
}

fn ceiling(policy: &RetryPolicy, attempt: u32) -> Duration {
    let factor = 1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX);
    policy.backoff_min.saturating_mul(factor).min(policy.backoff_max)
}

fn jitter(ceiling: Duration, random: u64) -> Duration {
    // 32 bits of randomness are enough for a delay, and the product of two 64-bit values fits.
    let nanos = ceiling.as_nanos() * u128::from(random >> 32) / u128::from(u32::MAX);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::new(5, Duration::from_millis(200), Duration::from_secs(1))
    }

    #[test]
    fn the_backoff_doubles_up_to_the_maximum() {
        let waits =
            [1, 2, 3, 4].map(|attempt| decide(&policy(), ErrorClass::Retryable, attempt, Duration::ZERO, u64::MAX));
        assert_eq!(waits, [200, 400, 800, 1000].map(|ms| Decision::After(Duration::from_millis(ms))));
        assert_eq!(decide(&policy(), ErrorClass::Retryable, 5, Duration::ZERO, 0), Decision::GiveUp);
    }

    #[test]
    fn permanent_errors_are_not_retried_and_retry_after_is_kept() {
        assert_eq!(decide(&policy(), ErrorClass::Permanent, 1, Duration::ZERO, 0), Decision::GiveUp);
        let wait = Duration::from_secs(30);
        assert_eq!(decide(&policy(), ErrorClass::RetryAfter(wait), 1, Duration::ZERO, 0), Decision::After(wait));
        assert_eq!(decide(&policy(), ErrorClass::RetryAfter(wait), 5, Duration::ZERO, 0), Decision::GiveUp);
    }

    #[test]
    fn no_attempt_starts_after_the_deadline() {
        let policy = RetryPolicy { deadline: Duration::from_secs(60), ..policy() };
        let wait = ErrorClass::RetryAfter(Duration::from_secs(20));
        assert_eq!(decide(&policy, wait, 1, Duration::from_secs(40), 0), Decision::After(Duration::from_secs(20)));
        assert_eq!(decide(&policy, wait, 1, Duration::from_secs(41), 0), Decision::GiveUp);
    }

    proptest! {
        #[test]
        fn no_backoff_is_longer_than_the_maximum(attempt in 1u32..200, random: u64) {
            let policy = RetryPolicy { attempts: u32::MAX, ..policy() };
            let Decision::After(wait) = decide(&policy, ErrorClass::Retryable, attempt, Duration::ZERO, random) else { panic!("attempts are left") };
            prop_assert!(wait <= policy.backoff_max);
        }
    }
}
