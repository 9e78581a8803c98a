//! An error that ends the service.

use std::sync::OnceLock;

use tokio::sync::Notify;

/// The error that ends the service, if there is one. The first one counts.
#[derive(Debug, Default)]
pub(crate) struct Fatal {
    reason: OnceLock<String>,
    happened: Notify,
}

impl Fatal {
    pub(crate) fn report(&self, reason: String) {
        if self.reason.set(reason).is_ok() {
            // `notify_one` stores a permit for the one task that waits, even if it does not wait yet.
            self.happened.notify_one();
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    pub(crate) async fn wait(&self) -> &str {
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            self.happened.notified().await;
        }
    }
}
