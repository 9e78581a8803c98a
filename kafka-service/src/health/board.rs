//! The current problems of a service. Each is logged when it begins, once a minute while it lasts, and when it ends.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime},
};

use super::{Access, Problem, Reason};

/// How often a lasting problem is logged.
const REMIND_EVERY: Duration = Duration::from_secs(60);

/// The current problems, by reason.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// For what is said about permissions.
    pub(super) access: Access,
    entries: BTreeMap<Reason, Entry>,
}

#[derive(Debug)]
struct Entry {
    since: Instant,
    cause: String,
    logged: Instant,
}

impl Board {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.entries.keys()
    }

    /// Adds a problem or updates its cause. Returns whether it is new.
    pub(super) fn raise(&mut self, reason: Reason, cause: String, now: Instant) -> bool {
        let cause = match reason {
            Reason::NotAuthorized { operation, .. } if !cause.is_empty() => self.access.denied(operation, &cause),
            _ => cause,
        };
        if let Some(entry) = self.entries.get_mut(&reason) {
            // An empty cause does not replace the one before.
            if !cause.is_empty() {
                entry.cause = cause;
            }
            return false;
        }
        let help = reason.help(&self.access);
        tracing::warn!(%reason, cause = said(&cause), help = said(&help), "health problem detected");
        self.entries.insert(reason, Entry { since: now, cause, logged: now });
        true
    }

    /// Removes the problems that `ended` selects. Returns whether there was one.
    pub(super) fn clear(&mut self, now: Instant, ended: impl Fn(&Reason) -> bool) -> bool {
        let before = self.entries.len();
        self.entries.retain(|reason, entry| {
            let over = ended(reason);
            if over {
                tracing::info!(%reason, duration = ?now.duration_since(entry.since), "health problem resolved");
            }
            !over
        });
        self.entries.len() < before
    }

    /// Logs the problems that last.
    pub(super) fn remind(&mut self, now: Instant) {
        for (reason, entry) in &mut self.entries {
            if now.duration_since(entry.logged) >= REMIND_EVERY {
                entry.logged = now;
                let duration = now.duration_since(entry.since);
                let help = reason.help(&self.access);
                tracing::warn!(%reason, cause = said(&entry.cause), ?duration, help = said(&help), "health problem ongoing");
            }
        }
    }

    /// The problems as users see them.
    pub(super) fn problems(&self, now: Instant, today: SystemTime) -> Vec<Problem> {
        let problem = |(reason, entry): (&Reason, &Entry)| Problem {
            reason: reason.clone(),
            since: today.checked_sub(now.duration_since(entry.since)).unwrap_or(today),
            cause: entry.cause.clone(),
            help: reason.help(&self.access),
        };
        self.entries.iter().map(problem).collect()
    }
}

/// The value of a log field, or `None` to omit it if the text is empty.
pub(super) fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(topic: &str) -> Reason {
        Reason::TopicMissing { topic: topic.to_owned() }
    }

    #[test]
    fn a_problem_ends_only_for_its_own_resource() {
        let (mut board, now) = (Board::default(), Instant::now());
        assert!(board.raise(missing("orders"), String::new(), now));
        assert!(board.raise(missing("payments"), String::new(), now));
        assert!(board.clear(now, |reason| *reason == missing("orders")));
        assert_eq!(board.reasons().collect::<Vec<_>>(), [&missing("payments")]);
        assert!(!board.clear(now, |reason| *reason == missing("orders")));
    }

    #[test]
    fn a_problem_keeps_its_start_and_its_latest_cause() {
        let (mut board, began) = (Board::default(), Instant::now());
        let (later, today) = (began + Duration::from_secs(90), SystemTime::now());
        assert!(board.raise(missing("orders"), "first".to_owned(), began));
        assert!(!board.raise(missing("orders"), "second".to_owned(), later), "it is no news");
        assert!(!board.raise(missing("orders"), String::new(), later));
        let problems = board.problems(later, today);
        assert_eq!((problems[0].cause.as_str(), problems[0].since), ("second", today - Duration::from_secs(90)));
        assert_eq!(problems[0].to_string(), "topic `orders` does not exist: second");
    }
}
