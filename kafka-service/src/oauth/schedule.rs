//! When the next token is fetched.

use std::time::{Duration, SystemTime};

/// Between two fetches there is at least this time, however short-lived the tokens are.
pub(super) const SHORTEST: Duration = Duration::from_secs(1);
/// The delay after the first failure; it doubles.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// When to fetch the successor of a token: at 80 % of its lifetime, as Kafka's clients do.
pub(super) fn renewal(fetched: SystemTime, expires: SystemTime) -> SystemTime {
    let lifetime = expires.duration_since(fetched).unwrap_or_default();
    fetched + (lifetime / 5 * 4).max(SHORTEST)
}

/// How long to wait after so many failures in a row. `random` spreads the instances of a service: between half of the
/// delay and all of it.
pub(super) fn backoff(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = (FIRST_BACKOFF * 2_u32.pow(doublings)).min(LONGEST_BACKOFF);
    let half = longest / 2;
    // In whole milliseconds, which is precise enough.
    let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
    half + Duration::from_millis(random % (millis + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_at_80_percent_of_its_lifetime() {
        let fetched = SystemTime::UNIX_EPOCH;
        let at = |lifetime| renewal(fetched, fetched + lifetime).duration_since(fetched).unwrap();
        assert_eq!(at(Duration::from_secs(3_600)), Duration::from_secs(2_880));
        assert_eq!(at(Duration::from_secs(10)), Duration::from_secs(8));
        assert_eq!(at(Duration::from_millis(20)), SHORTEST, "no tight loop");
        assert_eq!(renewal(fetched + SHORTEST, fetched), fetched + SHORTEST * 2, "it has expired already");
    }

    #[test]
    fn failures_back_off_to_ten_seconds_with_jitter() {
        assert_eq!(backoff(1, 0), Duration::from_millis(250));
        assert_eq!(backoff(1, 250), Duration::from_millis(500));
        assert_eq!(backoff(2, 0), Duration::from_millis(500));
        for failures in [6, 100, u32::MAX] {
            assert_eq!(backoff(failures, 0), LONGEST_BACKOFF / 2);
            assert!(backoff(failures, u64::MAX) <= LONGEST_BACKOFF);
        }
    }
}
