//! Publications of which nobody waits to hear.

use std::sync::atomic::Ordering;

use super::{Acks, Pending};
use crate::commit::{Target, Token};

impl Acks {
    /// A token for a record of which nobody waits to hear.
    pub(in crate::publish) fn detached(&self, kind: &str, topic: &str) -> Token {
        self.entry(Pending::Nobody { kind: kind.into(), topic: topic.into() })
    }

    /// Counts something of which nobody waits to hear and that was not published.
    pub(in crate::publish) fn lost(&self, kind: &str, topic: &str, reason: &str) {
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        // The first, the tenth, the hundredth: a trouble that lasts is no reason to fill the log.
        if 10_u64.pow(lost.ilog10()) == lost {
            let topic = Some(topic).filter(|topic| !topic.is_empty());
            tracing::error!(
                kind,
                topic,
                reason,
                lost,
                help = "await the publication if it must not be lost",
                "detached publication lost"
            );
        }
    }

    /// How many of them there were.
    pub(crate) fn losses(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The kind and the topic of something of which nobody waits to hear.
    pub(super) fn take_nobody(&self, token: Token) -> Option<(Box<str>, Box<str>)> {
        let Target::Pending(entry) = token.target() else { return None };
        let mut pending = self.pending();
        let Some(Pending::Nobody { kind, topic }) = pending.get_mut(entry as usize) else { return None };
        let what = (std::mem::take(kind), std::mem::take(topic));
        pending.remove(entry as usize);
        Some(what)
    }
}
