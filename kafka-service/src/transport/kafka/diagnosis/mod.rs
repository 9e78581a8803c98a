//! Finds out why a broker does not accept the connection, when librdkafka cannot say it: it has one sentence for every
//! certificate that it does not accept, and none for a listener of another protocol.
//!
//! A connection of our own asks, on a thread of its own and with deadlines, at most once a minute for the same failure.

mod plain;
#[cfg(feature = "tls")]
mod tls;

use std::{
    sync::{
        Mutex,
        mpsc::{self, Receiver, TryRecvError},
    },
    thread,
    time::{Duration, Instant},
};

use super::failure::{Failure, FailureKind};
use crate::{
    config::{Config, Identity, Side},
    health::Reason,
    sync,
};

/// How long the result for the same failure is used.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// How long a diagnosis may take before the failure is reported without it.
const PATIENCE: Duration = Duration::from_secs(4);

/// Why a broker does not accept the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Tls(String),
    Authentication(String),
    /// The listener, or what is between, is not what the settings say.
    Unreachable(String),
}

impl Finding {
    pub(super) fn cause(&self) -> &str {
        match self {
            Self::Tls(cause) | Self::Authentication(cause) | Self::Unreachable(cause) => cause,
        }
    }

    /// The reason for health, and its cause.
    pub(super) fn into_reason(self, servers: &str) -> (Reason, String) {
        let servers = servers.to_owned();
        match self {
            Self::Tls(cause) => (Reason::TlsFailed { servers }, cause),
            Self::Authentication(cause) => (Reason::AuthenticationFailed { servers }, cause),
            Self::Unreachable(cause) => (Reason::BrokersUnreachable { servers }, cause),
        }
    }
}

/// Explains the failures of the clients.
#[derive(Debug)]
pub(super) struct Diagnosis {
    config: Config,
    current: Mutex<Option<Current>>,
}

/// A failure and its diagnosis.
#[derive(Debug)]
struct Current {
    kind: FailureKind,
    side: Side,
    broker: String,
    began: Instant,
    answer: Receiver<Option<Finding>>,
    /// Of this diagnosis, or of the one before.
    finding: Option<Finding>,
    is_running: bool,
}

impl Diagnosis {
    pub(super) fn new(config: &Config) -> Self {
        Self { config: config.clone(), current: Mutex::new(None) }
    }

    /// Forgets the failure, because it is mended.
    pub(super) fn forget(&self) {
        *sync::lock(&self.current) = None;
    }

    /// Why the connection failed. `None` while that is being found out.
    pub(super) fn explain(&self, failure: &Failure, now: Instant) -> Option<Finding> {
        match failure.kind {
            FailureKind::Other => Some(Finding::Unreachable(failure.text.clone())),
            FailureKind::Authentication => Some(self.rejected(failure)),
            FailureKind::Tls | FailureKind::Disconnected => self.diagnosed(failure, now),
        }
    }

    fn diagnosed(&self, failure: &Failure, now: Instant) -> Option<Finding> {
        let plain = || match failure.kind {
            FailureKind::Tls => Finding::Tls(failure.text.clone()),
            _ => Finding::Unreachable(failure.text.clone()),
        };
        let mut slot = sync::lock(&self.current);
        let is_same = |current: &Current| {
            (current.kind, current.side, &current.broker) == (failure.kind, failure.side, &failure.broker)
        };
        let current = match slot.take().filter(is_same) {
            Some(current) if current.is_running || now.duration_since(current.began) < AGAIN_AFTER => current,
            before => self.begin(failure, before.and_then(|current| current.finding), now),
        };
        let current = slot.insert(current);
        match current.answer.try_recv() {
            Ok(finding) => {
                current.is_running = false;
                current.finding = finding.or_else(|| Some(plain()));
            }
            Err(TryRecvError::Disconnected) => current.is_running = false,
            Err(TryRecvError::Empty) => {}
        }
        let is_late = !current.is_running || now.duration_since(current.began) >= PATIENCE;
        current.finding.clone().or_else(|| is_late.then(plain))
    }

    fn begin(&self, failure: &Failure, finding: Option<Finding>, now: Instant) -> Current {
        let (sender, answer) = mpsc::channel();
        let (config, failed) = (self.config.clone(), failure.clone());
        // Without a thread, the failure is reported as librdkafka reports it.
        _ = thread::Builder::new().name("kafka-diagnosis".to_owned()).spawn(move || {
            // The receiver may be gone.
            _ = sender.send(find(&config, &failed));
        });
        let Failure { kind, side, ref broker, .. } = *failure;
        Current { kind, side, broker: broker.clone(), began: now, answer, finding, is_running: true }
    }

    /// The broker says why it rejects credentials.
    fn rejected(&self, failure: &Failure) -> Finding {
        let Failure { broker, said, side, .. } = failure;
        if said.contains("Request not valid in current SASL state") {
            let protocol = self.config.security_protocol(*side);
            return Finding::Unreachable(format!(
                "{broker} does not offer SASL, but KAFKA_SECURITY_PROTOCOL is `{protocol}`: is it right?"
            ));
        }
        let Identity { name, method } = self.config.identity(*side);
        let who = name.as_ref().map_or_else(|| "the client".to_owned(), |name| format!("User:{name}"));
        Finding::Authentication(format!("{broker} rejects {who} ({method}): {said}"))
    }
}

/// Connects to the broker as the client does.
fn find(config: &Config, failure: &Failure) -> Option<Finding> {
    let protocol = config.security_protocol(failure.side);
    let broker = failure.broker.as_str();
    let listener = plain::Listener::ask(broker).ok()?;
    let wrong = |what: &str| {
        Some(Finding::Unreachable(format!(
            "{broker} {what}, but KAFKA_SECURITY_PROTOCOL is `{protocol}`: is it right? ({})",
            failure.said
        )))
    };
    match (protocol.ends_with("ssl"), listener) {
        (false, plain::Listener::Tls) => wrong("speaks TLS"),
        (false, plain::Listener::Sasl) if protocol == "plaintext" => wrong("requires SASL"),
        (true, plain::Listener::Kafka | plain::Listener::Sasl) => wrong("speaks Kafka without TLS"),
        #[cfg(feature = "tls")]
        (true, plain::Listener::Tls | plain::Listener::Unknown) => tls::find(config, failure).map(Finding::Tls),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
