//! The handlers that a program says it has.

use super::KafkaService;
use crate::registry::{ExpectedHandler, Kind};

impl KafkaService {
    /// Requires a handler for each of these commands. There may be others.
    ///
    /// A command without a handler is skipped and its offset is committed. If its handler is in a crate that is not
    /// linked, or was renamed, such commands are lost to this service. With this call the service does not start
    /// instead: [`check`](Self::check), [`start`](Self::start) and [`run`](Self::run) return [`Error::Start`], which
    /// names the missing handler, the closest one, and what to do.
    ///
    /// [`Error::Start`]: crate::Error::Start
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use kafka_service::{Config, KafkaService, command};
    ///
    /// #[command("create_user")]
    /// async fn create_user() {}
    ///
    /// let service = KafkaService::new(Config::new("users")).expect_commands(["create_user", "delete_user"]);
    /// let error = service.check().unwrap_err();
    /// assert!(error.to_string().contains("no handler for command `delete_user` in this program"));
    /// ```
    pub fn expect_commands<I: IntoIterator<Item: AsRef<str>>>(mut self, names: I) -> Self {
        self.expected.extend(ExpectedHandler::all(Kind::Command, names));
        self
    }

    /// Requires a handler for each of these event types. Like [`expect_commands`](Self::expect_commands).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use kafka_service::{Config, KafkaService, event};
    ///
    /// #[event("payment.settled")]
    /// async fn settle() {}
    ///
    /// KafkaService::new(Config::new("orders")).expect_events(["payment.settled"]).check().unwrap();
    /// ```
    pub fn expect_events<I: IntoIterator<Item: AsRef<str>>>(mut self, types: I) -> Self {
        self.expected.extend(ExpectedHandler::all(Kind::Event, types));
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::{config::Config, publisher::MessageContext, service::KafkaService};

    #[test]
    fn a_service_does_not_start_without_an_expected_handler() {
        // The handlers of this test program are in `handler/expansion_tests.rs`.
        let service = KafkaService::new(Config::new("expecting")).state(String::new());
        let service = service.on_event("closed", |_: MessageContext, (): ()| async {});
        let service = service.expect_commands(["test_ping", "test_pong"]).expect_events(["closed", "test_ping"]);
        let error = service.check().unwrap_err().to_string();
        for expected in [
            "no handler for command `test_pong` in this program\n  closest: `test_ping`, `kafka_service::",
            "no handler for event `test_ping` in this program\n  events with a handler: `closed`",
            "help: if the handler is in another crate, link it: `use that_crate as _;`",
        ] {
            assert!(error.replace("\n    ", "\n  ").contains(expected), "{expected} is missing in: {error}");
        }
        assert_eq!(error.matches("no handler for").count(), 2, "{error}");
    }
}
