//! The current token of a service, and the clients that use it.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use slab::Slab;
use tokio::{sync::Notify, task::AbortHandle};

use super::{Token, schedule::renewal};
use crate::{clock::Clock, sync};

/// How often it is logged that brokers refuse the token.
const QUIET: Duration = Duration::from_secs(60);

/// A client that authenticates with the token.
pub(crate) trait TokenClient: Send {
    /// Passes a token to the client, which uses it for its next connections. Returns why the client rejects it.
    fn set_token(&self, token: &Token) -> Result<(), String>;
}

/// The current token, with every client that uses it. A task renews the token until this is dropped.
pub(crate) struct Tokens {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Signals that a broker has refused the token.
    pub(super) refusal: Arc<Notify>,
    pub(super) task: OnceLock<AbortHandle>,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    /// When its successor is due.
    renew_at: Option<SystemTime>,
    clients: Slab<Box<dyn TokenClient>>,
    /// When a refusal was last logged.
    said: Option<Instant>,
}

impl Tokens {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), refusal: Arc::default(), task: OnceLock::new() }
    }

    /// Adds a client: it gets the current token, and every new one until the result is dropped. The result must be
    /// dropped before the client is.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn attach(self: &Arc<Self>, client: Box<dyn TokenClient>) -> Attached {
        let now = self.now();
        let mut state = sync::lock(&self.state);
        let valid = state.current.as_ref().filter(|token| !token.remaining(now).is_zero());
        let set = valid.map_or(Ok(()), |token| client.set_token(token));
        let key = state.clients.insert(client);
        drop(state);
        if let Err(cause) = set {
            tracing::warn!(cause, "Kafka client rejected the token");
        }
        Attached { tokens: Arc::clone(self), key }
    }

    /// Passes a new token to every client. Returns why a client rejects it; the current one stays then.
    pub(super) fn replace(&self, token: Token) -> Result<(), String> {
        let mut state = sync::lock(&self.state);
        for (_, client) in &state.clients {
            client.set_token(&token)?;
        }
        state.renew_at = Some(renewal(self.now(), token.expires_at()));
        state.current = Some(token);
        Ok(())
    }

    /// Whether there is a token that has not expired.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn is_valid(&self) -> bool {
        !self.remaining(self.now()).is_zero()
    }

    /// How long the current token remains valid. Zero if it has expired or there is none.
    pub(super) fn remaining(&self, now: SystemTime) -> Duration {
        let state = sync::lock(&self.state);
        state.current.as_ref().map_or(Duration::ZERO, |token| token.remaining(now))
    }

    /// A broker has refused the token: it is renewed earlier. Logged at most once a minute.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn refused(&self, cause: &str) {
        let (now, instant) = (self.now(), self.clock.instant());
        let mut state = sync::lock(&self.state);
        let is_due = state.said.is_none_or(|said| instant.saturating_duration_since(said) >= QUIET);
        // A token that is about to expire because it cannot be renewed is refused for a known reason.
        let is_fresh = state.renew_at.is_some_and(|renewal| now < renewal);
        let refused = state.current.clone().filter(|_| is_due && is_fresh);
        if refused.is_some() {
            state.said = Some(instant);
        }
        drop(state);
        if let Some(token) = refused {
            tracing::warn!(
                cause,
                mechanism = "OAUTHBEARER",
                principal = token.principal_name(),
                expires_in = ?whole_seconds(token.remaining(now)),
                help = "compare audience, issuer and signature of the token with what the broker expects",
                "broker refused the token; fetching another one"
            );
        }
        self.refusal.notify_one();
    }

    /// For a service that is shut down before its clients are gone: publishers keep their client.
    pub(crate) fn guard(self: &Arc<Self>) -> RenewalGuard {
        RenewalGuard(Arc::clone(self))
    }

    fn end(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn now(&self) -> SystemTime {
        self.clock.system_time()
    }
}

/// For log lines: rounded up to seconds.
pub(super) fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

impl Drop for Tokens {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends the renewal when this is dropped, even if clients still use the token.
#[derive(Debug)]
pub(crate) struct RenewalGuard(Arc<Tokens>);

impl Drop for RenewalGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = sync::lock(&self.state);
        formatter.debug_struct("Tokens").field("current", &state.current).finish_non_exhaustive()
    }
}

/// A client that gets new tokens until this is dropped.
#[derive(Debug)]
#[must_use = "without it, the client gets no token"]
pub(crate) struct Attached {
    tokens: Arc<Tokens>,
    key: usize,
}

impl Drop for Attached {
    fn drop(&mut self) {
        // The lock is what makes this safe: afterwards, nothing passes a token to the client any more.
        drop(sync::lock(&self.tokens.state).clients.try_remove(self.key));
    }
}
