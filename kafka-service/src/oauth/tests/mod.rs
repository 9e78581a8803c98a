//! The task that renews tokens, on tokio's paused clock.

mod faults;
mod schedule;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{
    SharedProvider, Token, TokenProvider, Tokens, start,
    tokens::{Attached, TokenClient},
};
use crate::{
    clock::Clock,
    health::{HealthState, Reason},
    sync,
};

/// Tokio's clock, which passes at once while every task waits.
#[derive(Clone, Copy)]
struct PausedClock {
    began: tokio::time::Instant,
    today: SystemTime,
}

impl PausedClock {
    fn new() -> Self {
        // A whole second, so that no test depends on rounding.
        Self { began: tokio::time::Instant::now(), today: SystemTime::UNIX_EPOCH + seconds(1_800_000_000) }
    }

    fn now(&self) -> SystemTime {
        self.today + self.began.elapsed()
    }
}

impl Clock for PausedClock {
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::try_from(self.now()).unwrap()
    }

    fn random(&self) -> u64 {
        0
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What the provider does.
#[derive(Clone, Copy)]
enum Does {
    /// Returns a token with this lifetime in seconds.
    Lasts(u64),
    /// Returns this value.
    Returns(&'static str),
    Fails,
    Hangs,
    Panics,
    PanicsAtOnce,
}

/// A provider that does what the test says, and records when it was called.
struct Provider {
    clock: PausedClock,
    does: Mutex<Does>,
    calls: Mutex<Vec<Duration>>,
}

impl TokenProvider for Provider {
    type Error = String;

    // Not an `async fn`: it can panic before there is a future.
    fn token(&self) -> impl Future<Output = Result<Token, String>> + Send {
        let does = *sync::lock(&self.does);
        assert!(!matches!(does, Does::PanicsAtOnce), "no credentials");
        async move {
            let number = {
                let mut calls = sync::lock(&self.calls);
                calls.push(self.clock.began.elapsed());
                calls.len()
            };
            let token = |value: String, lifetime| Ok(Token::new(value, self.clock.now() + seconds(lifetime)));
            match does {
                Does::Lasts(lifetime) => token(format!("token-{number}"), lifetime),
                Does::Returns(value) => token(value.to_owned(), 100),
                Does::Fails => Err("service\nis down".to_owned()),
                Does::Hangs => std::future::pending().await,
                Does::Panics | Does::PanicsAtOnce => panic!("no credentials"),
            }
        }
    }
}

/// A client that records its tokens.
#[derive(Clone, Default)]
struct Client {
    tokens: Arc<Mutex<Vec<String>>>,
    rejects: Arc<Mutex<bool>>,
}

impl TokenClient for Client {
    fn set_token(&self, token: &Token) -> Result<(), String> {
        if *sync::lock(&self.rejects) {
            return Err("the Kafka client rejects the token: no".to_owned());
        }
        sync::lock(&self.tokens).push(token.expose().to_owned());
        Ok(())
    }
}

/// A service, as far as tokens are concerned.
struct World {
    clock: PausedClock,
    provider: Arc<Provider>,
    health: Arc<HealthState>,
    tokens: Arc<Tokens>,
}

impl World {
    async fn start(does: Does) -> Self {
        let clock = PausedClock::new();
        let provider = Arc::new(Provider { clock, does: Mutex::new(does), calls: Mutex::default() });
        let health = Arc::new(HealthState::default());
        let shared = SharedProvider::new(Arc::clone(&provider));
        let tokens = start(shared, Arc::clone(&health), Arc::new(clock)).await;
        Self { clock, provider, health, tokens }
    }

    fn does(&self, does: Does) {
        *sync::lock(&self.provider.does) = does;
    }

    fn client(&self) -> (Client, Attached) {
        let client = Client::default();
        let attached = self.tokens.attach(Box::new(client.clone()));
        (client, attached)
    }

    /// Waits until this many seconds after the start, and a moment for what is due at that time.
    async fn at(&self, second: u64) {
        tokio::time::sleep_until(self.clock.began + seconds(second) + Duration::from_millis(1)).await;
    }

    /// When the provider was called, in seconds after the start.
    fn calls(&self) -> Vec<f64> {
        sync::lock(&self.provider.calls).iter().map(Duration::as_secs_f64).collect()
    }

    /// Why the service is not ready, as far as tokens are concerned.
    fn problem(&self) -> Option<String> {
        let problems = self.health.problems();
        assert!(problems.iter().all(|problem| problem.reason == Reason::TokenUnavailable));
        problems.first().map(ToString::to_string)
    }
}

impl Client {
    fn tokens(&self) -> Vec<String> {
        sync::lock(&self.tokens).clone()
    }
}
