//! The task that fetches the tokens of a service, ahead of time and for all of its clients.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Notify;

use super::{
    SharedProvider, Token, Tokens,
    fetch::fetch,
    schedule::{backoff, renewal},
    tokens::whole_seconds,
};
use crate::{
    clock::Clock,
    health::{HealthState, Reason},
};

/// A token that brokers refuse is not fetched again sooner than this.
const REFETCH: Duration = Duration::from_secs(10);
/// The longest sleep. The time of day can change, and a machine can be suspended: both move the expiry.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How often it is logged that the token cannot be renewed while it is still valid.
const QUIET: Duration = Duration::from_secs(60);

/// Fetches the first token and starts to renew it. Returns without a token if the first attempt fails: the next one
/// follows soon. Must be called in a tokio runtime.
pub(crate) async fn start(provider: SharedProvider, health: Arc<HealthState>, clock: Arc<dyn Clock>) -> Arc<Tokens> {
    let tokens = Arc::new(Tokens::new(Arc::clone(&clock)));
    let now = clock.system_time();
    let mut renewal = Renewal {
        provider,
        health,
        clock,
        tokens: Arc::downgrade(&tokens),
        refusal: Arc::clone(&tokens.refusal),
        fetched: now,
        due: now,
        failures: 0,
        cause: String::new(),
        said: None,
        is_announced: false,
    };
    let first = fetch(&renewal.provider, renewal.clock.as_ref()).await;
    renewal.conclude(first);
    let task = tokio::spawn(renewal.run());
    // Set once, and before anybody else has these tokens.
    _ = tokens.task.set(task.abort_handle());
    tokens
}

struct Renewal {
    provider: SharedProvider,
    health: Arc<HealthState>,
    clock: Arc<dyn Clock>,
    /// The task ends with the service that uses the tokens.
    tokens: Weak<Tokens>,
    /// Signals that a broker has refused the token.
    refusal: Arc<Notify>,
    /// When the last attempt ended.
    fetched: SystemTime,
    /// When the next one begins.
    due: SystemTime,
    /// How many attempts have failed since the last success.
    failures: u32,
    /// Why the last one failed.
    cause: String,
    /// Whether the log has the first token.
    is_announced: bool,
    /// When the last line was logged that the token cannot be renewed.
    said: Option<Instant>,
}

impl Renewal {
    /// Runs until the tokens are dropped, which aborts the task.
    async fn run(mut self) -> Infallible {
        loop {
            let sleep = self.next_sleep();
            if sleep.is_zero() {
                let token = self.fetch_watched().await;
                self.conclude(token);
                continue;
            }
            tokio::select! {
                () = self.clock.sleep(sleep) => {}
                () = self.refusal.notified() => self.due = self.due.min(self.fetched + REFETCH),
            }
            self.watch_expiry();
        }
    }

    /// How long to sleep before the next look; zero if the next attempt is due.
    fn next_sleep(&self) -> Duration {
        let now = self.now();
        let until_due = self.due.duration_since(now).unwrap_or_default();
        let until_expiry = Some(self.remaining(now)).filter(|remaining| !remaining.is_zero());
        until_due.min(LONGEST_SLEEP).min(until_expiry.unwrap_or(LONGEST_SLEEP))
    }

    /// How long the current token remains valid.
    fn remaining(&self, now: SystemTime) -> Duration {
        self.tokens.upgrade().map_or(Duration::ZERO, |tokens| tokens.remaining(now))
    }

    /// Fetches, and notices meanwhile that the current token expires.
    async fn fetch_watched(&self) -> Result<Token, String> {
        let fetching = fetch(&self.provider, self.clock.as_ref());
        tokio::pin!(fetching);
        loop {
            let remaining = self.remaining(self.now());
            if remaining.is_zero() {
                self.watch_expiry();
                return fetching.await;
            }
            tokio::select! {
                biased;
                token = &mut fetching => return token,
                () = self.clock.sleep(remaining) => {}
            }
        }
    }

    /// Handles the result of an attempt: passes the token to the clients, or keeps the one before and tries again later.
    fn conclude(&mut self, token: Result<Token, String>) {
        self.fetched = self.now();
        let Some(tokens) = self.tokens.upgrade() else { return };
        let passed = token.and_then(|token| {
            let (expires, principal) = (token.expires_at(), token.principal_name().to_owned());
            tokens.replace(token).map(|()| (expires, principal))
        });
        match passed {
            Ok((expires, principal)) => self.succeed(expires, &principal),
            Err(cause) => self.fail(cause),
        }
    }

    fn succeed(&mut self, expires: SystemTime, principal: &str) {
        let is_news = self.failures > 0 || !std::mem::replace(&mut self.is_announced, true);
        self.due = renewal(self.fetched, expires);
        let expires_in = whole_seconds(expires.duration_since(self.fetched).unwrap_or_default());
        if is_news {
            tracing::info!(principal, ?expires_in, failed_attempts = self.failures, "token fetched");
        } else {
            tracing::debug!(principal, ?expires_in, "token renewed");
        }
        (self.failures, self.said) = (0, None);
        // Unless the provider says something else until then.
        self.cause =
            format!("the previous one has expired, and `{}` has not returned another one yet", self.provider.name);
        self.health.clear(&Reason::TokenUnavailable, self.clock.instant());
    }

    fn fail(&mut self, cause: String) {
        self.failures = self.failures.saturating_add(1);
        self.due = self.fetched + backoff(self.failures, self.clock.random());
        self.cause = cause;
        let remaining = self.remaining(self.fetched);
        if remaining.is_zero() {
            return self.report_unavailable();
        }
        let now = self.clock.instant();
        if self.said.is_none_or(|said| now.saturating_duration_since(said) >= QUIET) {
            self.said = Some(now);
            tracing::warn!(
                cause = self.cause,
                failed_attempts = self.failures,
                expires_in = ?whole_seconds(remaining),
                "token not renewed; the previous one stays in use until it expires"
            );
        }
    }

    fn watch_expiry(&self) {
        if self.remaining(self.now()).is_zero() {
            self.report_unavailable();
        }
    }

    /// Health logs when this begins, once a minute while it lasts, and when it ends.
    fn report_unavailable(&self) {
        let now = self.clock.instant();
        self.health.raise(Reason::TokenUnavailable, self.cause.as_str(), now);
        // A publisher without a service has no driver that does this.
        self.health.tick(None, now);
    }

    fn now(&self) -> SystemTime {
        self.clock.system_time()
    }
}
