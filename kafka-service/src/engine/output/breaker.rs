//! Detects that so many commands fail that something else must be wrong. Pure.

/// The number of recent commands that count.
const WINDOW: u32 = 100;

/// The outcomes of the recent commands.
#[derive(Debug)]
pub(super) struct Breaker {
    limit: Option<u8>,
    /// One bit for each recent command, 1 for a dead letter.
    recent: u128,
    seen: u32,
}

impl Breaker {
    /// Creates a breaker that opens above `limit` percent, or never without a limit.
    pub(super) fn new(limit: Option<u8>) -> Self {
        Self { limit, recent: 0, seen: 0 }
    }

    /// Counts a command that was handled, or skipped on purpose.
    pub(super) fn handled(&mut self) {
        if self.limit.is_some() {
            self.note(0);
        }
    }

    /// Counts a command that would be dead-lettered. If the limit is exceeded, returns how many of the last hundred
    /// were.
    pub(super) fn failed(&mut self) -> Option<u32> {
        let limit = u32::from(self.limit?);
        self.note(1);
        let failed = self.recent.count_ones();
        (self.seen >= WINDOW && failed > limit).then_some(failed)
    }

    fn note(&mut self, bit: u128) {
        const MASK: u128 = (1 << WINDOW) - 1;
        self.recent = (self.recent << 1 | bit) & MASK;
        self.seen = (self.seen + 1).min(WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_when_too_many_of_the_last_hundred_fail() {
        let mut breaker = Breaker::new(Some(50));
        for _ in 0..50 {
            breaker.handled();
            assert_eq!(breaker.failed(), None);
        }
        assert_eq!(breaker.failed(), Some(51), "the oldest handled one has left the window");
    }

    #[test]
    fn stays_closed_with_few_samples_or_without_a_limit() {
        let mut breaker = Breaker::new(Some(1));
        assert!((0..99).all(|_| breaker.failed().is_none()));
        assert_eq!(breaker.failed(), Some(100));
        let mut off = Breaker::new(None);
        assert!((0..1000).all(|_| off.failed().is_none()));
    }
}
