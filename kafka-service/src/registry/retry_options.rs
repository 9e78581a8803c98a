//! The retry options of a handler.

use std::time::Duration;

use crate::config::RetryPolicy;

/// The retry options of a handler, which override the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RetryOptions {
    pub(crate) attempts: Option<u32>,
    /// The minimum and the maximum.
    pub(crate) backoff: Option<(Duration, Duration)>,
    pub(crate) deadline: Option<Duration>,
}

impl RetryOptions {
    /// The policy for one handler: its own options, and the configured ones where it has none.
    pub(crate) fn applied_to(&self, configured: &RetryPolicy) -> RetryPolicy {
        let (backoff_min, backoff_max) = self.backoff.unwrap_or((configured.backoff_min, configured.backoff_max));
        RetryPolicy {
            attempts: self.attempts.unwrap_or(configured.attempts),
            backoff_min,
            backoff_max,
            deadline: self.deadline.unwrap_or(configured.deadline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::new(5, Duration::from_millis(200), Duration::from_secs(1))
    }

    #[test]
    fn a_handler_without_options_uses_the_configuration() {
        assert_eq!(RetryOptions::default().applied_to(&policy()), policy());
    }

    #[test]
    fn a_handlers_options_override_the_configuration() {
        let seconds = Duration::from_secs;
        let attempts = RetryOptions { attempts: Some(2), ..RetryOptions::default() };
        assert_eq!(attempts.applied_to(&policy()), RetryPolicy { attempts: 2, ..policy() });
        let backoff = RetryOptions { backoff: Some((seconds(1), seconds(60))), ..RetryOptions::default() };
        let expected = RetryPolicy { backoff_min: seconds(1), backoff_max: seconds(60), ..policy() };
        assert_eq!(backoff.applied_to(&policy()), expected);
        let deadline = RetryOptions { deadline: Some(seconds(3)), ..RetryOptions::default() };
        assert_eq!(deadline.applied_to(&policy()), RetryPolicy { deadline: seconds(3), ..policy() });
    }
}
