//! Limits how often a failed producing client is replaced. Pure.

use std::time::{Duration, Instant};

/// When a failed client may be replaced: a lasting cause, such as a missing permission, would make the next one fail at
/// once.
#[derive(Debug)]
pub(super) struct Renewals {
    not_before: Instant,
    pause: Duration,
}

const FIRST_RENEWAL_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_RENEWAL_PAUSE: Duration = Duration::from_secs(4);

impl Renewals {
    pub(super) fn new(now: Instant) -> Self {
        Self { not_before: now, pause: Duration::ZERO }
    }

    /// Whether the client, which `lived` for this long, may be replaced now.
    pub(super) fn is_due(&mut self, lived: Duration, now: Instant) -> bool {
        if now < self.not_before {
            return false;
        }
        // A client that has lived for a while has shown that it can work.
        let settled = lived > LONGEST_RENEWAL_PAUSE;
        let pause = if settled { Duration::ZERO } else { self.pause * 2 };
        self.pause = pause.clamp(FIRST_RENEWAL_PAUSE, LONGEST_RENEWAL_PAUSE);
        self.not_before = now + self.pause;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_fail_soon_are_replaced_less_often() {
        let (start, soon) = (Instant::now(), Duration::from_millis(10));
        let mut renewals = Renewals::new(start);
        let mut times = Vec::new();
        for tenths in 0..200 {
            let now = start + Duration::from_millis(tenths * 100);
            if renewals.is_due(soon, now) {
                times.push(tenths);
            }
        }
        assert_eq!(times, [0, 5, 15, 35, 75, 115, 155, 195]);
        assert!(renewals.is_due(Duration::from_secs(60), start + Duration::from_secs(60)));
        assert!(renewals.is_due(soon, start + Duration::from_millis(60_500)), "it begins anew");
    }
}
