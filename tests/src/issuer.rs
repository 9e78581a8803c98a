//! An issuer of signed tokens on loopback: OAuth 2 with client credentials, and with a signed assertion (RFC 7523).

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::openssl::{decode, encrypted_key, new_rsa_key, signed, verified};
use crate::{Kafka, User, unique};

/// What the brokers expect in a token; the same text is in `tests/kafka/lib/secure.sh`.
const ISSUER: &str = "https://issuer.test";
const AUDIENCE: &str = "kafka-test";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const HOUR: Duration = Duration::from_secs(3_600);

/// How the issuer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With a token that the brokers accept.
    Token,
    /// The same, after this time.
    Late(Duration),
    /// With a token of another key, which the brokers reject.
    Forged,
    /// With this status and no token.
    Status(u16),
    /// Not at all: it closes the connection.
    Nothing,
}

/// A running issuer, whose tokens the brokers of one cluster accept. Dropping it ends it.
#[derive(Debug)]
pub struct Issuer {
    address: SocketAddr,
    office: Arc<Office>,
}

#[derive(Debug)]
struct Office {
    token_key: PathBuf,
    other_key: PathBuf,
    assertion_key: PathBuf,
    jwks: PathBuf,
    rules: Mutex<Rules>,
    requests: AtomicUsize,
}

#[derive(Debug)]
struct Rules {
    answer: Answer,
    lifetime: Duration,
    ended: bool,
}

impl Issuer {
    /// Starts one for this cluster. Its clients are the users, with their names and passwords.
    ///
    /// # Panics
    /// Panics when the cluster was started without `--secure`, or when there is no port.
    #[must_use]
    pub fn start(kafka: &Kafka) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let key = || new_rsa_key(kafka.ssl_file(&format!("{}.key", unique("issuer"))));
        let office = Arc::new(Office {
            token_key: kafka.ssl_file("token.key"),
            other_key: key(),
            assertion_key: key(),
            jwks: kafka.ssl_file("jwks.json"),
            rules: Mutex::new(Rules { answer: Answer::Token, lifetime: HOUR, ended: false }),
            requests: AtomicUsize::new(0),
        });
        let of_thread = Arc::clone(&office);
        thread::spawn(move || serve(&listener, &of_thread));
        Self { address, office }
    }

    /// Its token endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// The claim `aud` of an assertion.
    #[must_use]
    pub fn name(&self) -> &'static str {
        ISSUER
    }

    /// The private key with which its clients sign their assertions, with RS256.
    #[must_use]
    pub fn assertion_key(&self) -> PathBuf {
        self.office.assertion_key.clone()
    }

    /// The same key, encrypted.
    #[must_use]
    pub fn encrypted_assertion_key(&self, password: &str) -> PathBuf {
        encrypted_key(&self.office.assertion_key, password)
    }

    /// A token for this user, without a request.
    #[must_use]
    pub fn token(&self, user: &User, lifetime: Duration) -> String {
        token(&user.name, lifetime, &self.office.token_key)
    }

    /// A token that the brokers reject, because its signature is of another key.
    #[must_use]
    pub fn forged(&self, user: &User) -> String {
        token(&user.name, HOUR, &self.office.other_key)
    }

    /// How it answers from now on.
    pub fn answer(&self, answer: Answer) {
        self.office.change(|rules| rules.answer = answer);
    }

    /// How long its tokens are valid from now on; an hour at first.
    pub fn lifetime(&self, lifetime: Duration) {
        self.office.change(|rules| rules.lifetime = lifetime);
    }

    /// The number of requests for a token so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.office.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.office.change(|rules| rules.ended = true);
        // Wakes the thread.
        TcpStream::connect(self.address).ok();
    }
}

impl Office {
    fn change<T>(&self, change: impl FnOnce(&mut Rules) -> T) -> T {
        change(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The status and the body.
    fn answer(&self, request: &Request) -> Option<(u16, String)> {
        if request.path == "/jwks" {
            return fs::read_to_string(&self.jwks).ok().map(|keys| (200, keys));
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (answer, lifetime) = self.change(|rules| (rules.answer, rules.lifetime));
        let key = match answer {
            Answer::Nothing => return None,
            Answer::Status(status) => return Some((status, json!({"error": "temporarily_unavailable"}).to_string())),
            Answer::Forged => &self.other_key,
            Answer::Token => &self.token_key,
            Answer::Late(time) => {
                thread::sleep(time);
                &self.token_key
            }
        };
        Some(match self.client_of(request) {
            Ok(client) => {
                let token = token(&client, lifetime, key);
                let expires_in = lifetime.as_secs();
                (200, json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in}).to_string())
            }
            Err(problem) => (401, json!({"error": "invalid_client", "error_description": problem}).to_string()),
        })
    }

    /// Who asks.
    fn client_of(&self, request: &Request) -> Result<String, String> {
        let form = request.form();
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        if field("grant_type") == JWT_BEARER {
            let scratch = self.assertion_key.with_extension(unique("signature"));
            let claims = verified(&field("assertion"), &self.assertion_key, &scratch);
            fs::remove_file(scratch).ok();
            let claims: Value = serde_json::from_slice(&claims?).map_err(|error| error.to_string())?;
            let sub = claims["sub"].as_str().ok_or("the assertion has no `sub`")?;
            return if claims["aud"] == ISSUER { Ok(sub.to_owned()) } else { Err("another audience".to_owned()) };
        }
        let (client, secret) = request.credentials().unwrap_or_else(|| (field("client_id"), field("client_secret")));
        // The passwords that the script gives its users.
        if secret == format!("{client}-secret") { Ok(client) } else { Err("wrong client secret".to_owned()) }
    }
}

fn token(user: &str, lifetime: Duration, key: &std::path::Path) -> String {
    let now = crate::audit::now() / 1_000;
    let (expires, id) = (now + lifetime.as_secs(), unique("token"));
    let claims = json!({"sub": user, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": expires, "jti": id});
    signed(&json!({"alg": "RS256", "typ": "JWT", "kid": "token"}).to_string(), &claims.to_string(), key)
}

fn serve(listener: &TcpListener, office: &Arc<Office>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if office.change(|rules| rules.ended) {
            return;
        }
        let office = Arc::clone(office);
        thread::spawn(move || talk(stream, &office));
    }
}

/// One request for each connection.
fn talk(mut stream: TcpStream, office: &Office) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let request = Request::read(&mut stream)?;
    let (status, body) = office.answer(&request)?;
    let length = body.len();
    let head = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).ok()?;
    stream.shutdown(Shutdown::Write).ok()
}

struct Request {
    path: String,
    headers: HashMap<String, String>,
    body: String,
}

impl Request {
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut headers = HashMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        if headers.contains_key("expect") {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = String::new();
        reader.take(length).read_to_string(&mut body).ok()?;
        Some(Self { path, headers, body })
    }

    fn form(&self) -> HashMap<String, String> {
        let fields = self.body.split('&').filter_map(|field| field.split_once('='));
        fields.map(|(name, value)| (name.to_owned(), unescaped(value))).collect()
    }

    /// The name and the secret in its header.
    fn credentials(&self) -> Option<(String, String)> {
        let encoded = self.headers.get("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(decode(encoded).ok()?).ok()?;
        text.split_once(':').map(|(client, secret)| (unescaped(client), unescaped(secret)))
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        let byte = match (first, rest) {
            (b'+', _) => b' ',
            (b'%', [high, low, ..]) => {
                rest = &rest[2..];
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok();
                digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(b'?')
            }
            _ => *first,
        };
        bytes.push(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
