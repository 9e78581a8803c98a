//! The token provider of the worker: it asks an issuer, as a client with a secret (OAuth 2 client credentials).

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kafka_service::oauth::{Token, TokenProvider};
use serde::Deserialize;

/// Where the worker gets its tokens: `host:port user secret`.
const VARIABLE: &str = "WORKER_TOKENS";

/// Asks the issuer of tokens on loopback.
#[derive(Debug, Clone)]
pub struct TokenSource {
    address: String,
    user: String,
    secret: String,
}

#[derive(Deserialize)]
struct Response {
    access_token: String,
    expires_in: u64,
}

impl TokenSource {
    /// That of the environment, if there is one.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        let text = std::env::var(VARIABLE).ok()?;
        let mut parts = text.split(' ').map(str::to_owned);
        Some(Self { address: parts.next()?, user: parts.next()?, secret: parts.next()? })
    }

    /// Asks the issuer at this URL.
    #[must_use]
    pub fn new(url: &str, user: &str, secret: &str) -> Self {
        Self { address: address(url).to_owned(), user: user.to_owned(), secret: secret.to_owned() }
    }

    /// The variable for a worker that asks the issuer at this URL.
    #[must_use]
    pub fn variable(url: &str, user: &str, secret: &str) -> (&'static str, String) {
        (VARIABLE, format!("{} {user} {secret}", address(url)))
    }

    fn ask(&self) -> Result<Response, Box<dyn Error + Send + Sync>> {
        let Self { address, user, secret } = self;
        let body = format!("grant_type=client_credentials&client_id={user}&client_secret={secret}");
        let mut stream = TcpStream::connect(address)?;
        let head = format!("POST /token HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}", body.len());
        stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("the issuer did not answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status == "200" { Ok(serde_json::from_str(body)?) } else { Err(format!("status {status}: {body}").into()) }
    }
}

/// `host:port`.
fn address(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap_or_default()
}

impl TokenProvider for TokenSource {
    type Error = Box<dyn Error + Send + Sync>;

    async fn token(&self) -> Result<Token, Self::Error> {
        let source = self.clone();
        let response = tokio::task::spawn_blocking(move || source.ask()).await??;
        Ok(Token::expiring_in(response.access_token, Duration::from_secs(response.expires_in)).principal(&self.user))
    }
}
