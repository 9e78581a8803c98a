//! A failed connection, from the line in which librdkafka reports it. Pure.

use std::time::Instant;

use crate::config::Side;

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// TLS: a certificate was not accepted, or the other side does not speak TLS.
    Tls,
    /// The broker rejected the credentials or the mechanism.
    Authentication,
    /// The broker closed the connection, or its answer is not one of Kafka: the protocol may be another one.
    Disconnected,
    /// Anything else, such as a refused connection.
    Other,
}

/// A failed connection.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    /// The client that it happened to.
    pub(super) side: Side,
    /// `host:port`, or empty.
    pub(super) broker: String,
    /// What happened.
    pub(super) said: String,
    /// The whole text.
    pub(super) text: String,
    pub(super) when: Instant,
}

impl Failure {
    /// Parses `sasl_ssl://kafka:9093/bootstrap: SSL handshake failed: .. (after 5ms in state SSL_HANDSHAKE)`. The name of
    /// a coordinator is followed by its address.
    pub(super) fn parse(text: &str, side: Side, when: Instant) -> Self {
        let (name, rest) = text.split_once(": ").unwrap_or(("", text));
        let (broker, said) = match (address(name), rest.split_once(": ")) {
            (Some(broker), _) => (broker, rest),
            (None, Some((name, rest))) if address(name).is_some() => (address(name).unwrap_or_default(), rest),
            _ => ("", text),
        };
        let said = said.split_once(" (after ").map_or(said, |(said, _)| said);
        Self { kind: kind(said), side, broker: broker.to_owned(), said: said.to_owned(), text: text.to_owned(), when }
    }
}

/// The `host:port` in the name of a broker: `ssl://kafka:9093/1`.
fn address(name: &str) -> Option<&str> {
    let name = name.split_once("://").map_or(name, |(_, name)| name);
    let name = name.split('/').next()?;
    let (_, port) = name.rsplit_once(':')?;
    port.parse::<u16>().is_ok().then_some(name)
}

fn kind(said: &str) -> FailureKind {
    let is_broken = |start: &str| said.starts_with(start) && !said.contains("SSL routines");
    if ["Disconnected", "Send failed", "Receive failed"].into_iter().any(is_broken) {
        FailureKind::Disconnected
    } else if said.contains("SASL") || said.contains("OAUTHBEARER") {
        FailureKind::Authentication
    } else if said.contains("SSL") {
        FailureKind::Tls
    } else {
        FailureKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (FailureKind, String, String) {
        let Failure { kind, broker, said, .. } = Failure::parse(text, Side::Consumer, Instant::now());
        (kind, broker, said)
    }

    #[test]
    fn the_broker_and_the_kind_are_found() {
        let cases = [
            (
                "h:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)",
                FailureKind::Other,
                "h:9092",
                "Connect to ipv4#127.0.0.1:9092 failed: Connection refused",
            ),
            (
                "ssl://h:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed (after 5ms in \
              state SSL_HANDSHAKE, 3 identical error(s) suppressed)",
                FailureKind::Tls,
                "h:1",
                "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed",
            ),
            (
                "GroupCoordinator: h:9092: Disconnected (after 12ms in state UP)",
                FailureKind::Disconnected,
                "h:9092",
                "Disconnected",
            ),
            (
                "sasl_plaintext://h:2/bootstrap: SASL authentication error: Authentication failed: Invalid username or password",
                FailureKind::Authentication,
                "h:2",
                "SASL authentication error: Authentication failed: Invalid username or password",
            ),
            ("something else", FailureKind::Other, "", "something else"),
        ];
        for (text, kind, broker, said) in cases {
            assert_eq!(parsed(text), (kind, broker.to_owned(), said.to_owned()), "{text}");
        }
    }
}
