//! Publications without a waiting caller.

use std::sync::atomic::Ordering;

use super::{Acks, Pending};
use crate::transport::{Token, TokenTarget};

impl Acks {
    /// Creates a token for a record without a waiting caller.
    pub(crate) fn detached(&self, kind: &str, topic: &str) -> Token {
        self.entry(Pending::Detached { kind: kind.into(), topic: topic.into() })
    }

    /// Counts a publication without a waiting caller that was not delivered.
    pub(crate) fn lost(&self, kind: &str, topic: &str, reason: &str) {
        let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
        // Logs the first, the tenth, the hundredth: a lasting failure must not fill the log.
        if 10_u64.pow(lost.ilog10()) == lost {
            let topic = Some(topic).filter(|topic| !topic.is_empty());
            tracing::error!(
                message_type = kind,
                topic,
                reason,
                lost,
                help = "await the publication if it must not be lost",
                "detached publication lost"
            );
        }
    }

    /// The number of such publications.
    pub(crate) fn losses(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The kind and the topic of a publication without a waiting caller.
    pub(crate) fn take_detached(&self, token: Token) -> Option<(Box<str>, Box<str>)> {
        let TokenTarget::Pending(entry) = token.target() else { return None };
        let mut pending = self.pending();
        let Some(Pending::Detached { kind, topic }) = pending.get_mut(entry as usize) else { return None };
        let what = (std::mem::take(kind), std::mem::take(topic));
        pending.remove(entry as usize);
        Some(what)
    }
}
