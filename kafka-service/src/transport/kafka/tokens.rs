//! The tokens of the clients of a service, if it has a token provider.

use std::sync::{Arc, Weak};

use rdkafka::{
    ClientContext,
    client::Client,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::ffi::TokenSetter;
use crate::oauth::{Attached, Tokens};

/// How librdkafka begins what a broker says about a token. What it says about the mechanism begins differently.
const REFUSED: &str = "SASL authentication error: ";

/// Passes tokens to clients. Without a token provider it does nothing.
///
/// librdkafka's own way, the refresh callback, is not used: it is called by a poll of each client, so that a client that
/// is not polled yet has no token, and the wrapper's version of it drops the extensions of the token.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientTokens(Option<Arc<Tokens>>);

impl ClientTokens {
    pub(super) fn new(tokens: Option<Arc<Tokens>>) -> Self {
        Self(tokens)
    }

    /// Passes the current token to a client, and every new one until the result is dropped, which has to be before the
    /// client is.
    pub(super) fn attach<C: ClientContext>(&self, client: &Client<C>) -> Option<Attached> {
        let tokens = self.0.as_ref()?;
        Some(tokens.attach(Box::new(TokenSetter::new(client)?)))
    }

    /// Whether a client has no token, and waits silently for one.
    pub(super) fn are_missing(&self) -> bool {
        self.0.as_ref().is_some_and(|tokens| !tokens.is_valid())
    }

    /// Where the callbacks of a client report refused tokens.
    pub(super) fn refusals(&self) -> TokenRefusals {
        TokenRefusals(self.0.as_ref().map(Arc::downgrade))
    }
}

/// Reports refused tokens. It does not keep the tokens alive: callbacks outlive a client that cannot be closed.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenRefusals(Option<Weak<Tokens>>);

impl TokenRefusals {
    /// Reports an error of a client, if it is about its token.
    pub(super) fn report(&self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication)
            && reason.contains(REFUSED)
            && let Some(tokens) = self.0.as_ref().and_then(Weak::upgrade)
        {
            tokens.refused(reason);
        }
    }
}

// Without `tls`, librdkafka does not have the mechanism, and the configuration rejects it.
#[cfg(feature = "tls")]
#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use rdkafka::{
        ClientConfig,
        consumer::{BaseConsumer, Consumer as _},
    };

    use super::*;
    use crate::oauth::{Token, TokenClient as _};

    fn client(mechanism: &str) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", "127.0.0.1:1").set("security.protocol", "sasl_plaintext");
        config.set("sasl.mechanism", mechanism).set("sasl.username", "x").set("sasl.password", "x").create().unwrap()
    }

    fn set(consumer: &BaseConsumer, token: &Token) -> Result<(), String> {
        TokenSetter::new(consumer.client()).unwrap().set_token(token)
    }

    fn token(value: &str) -> Token {
        Token::expiring_in(value, Duration::from_secs(60))
    }

    #[test]
    fn a_client_takes_a_token_with_extensions() {
        let consumer = client("OAUTHBEARER");
        assert_eq!(set(&consumer, &token("marker").principal("p").extension("pool", "a b")), Ok(()));
        assert_eq!(set(&consumer, &Token::new("marker", SystemTime::UNIX_EPOCH + Duration::MAX / 1_000_000)), Ok(()));
    }

    #[test]
    fn what_the_client_rejects_is_said_without_the_token() {
        let consumer = client("OAUTHBEARER");
        let rejected = [token("marker\u{e9}"), token("marker\0"), token("x").extension("marker_1", "marker")];
        for error in rejected.map(|token| set(&consumer, &token).unwrap_err()) {
            assert!(!error.contains("marker"), "{error}");
        }
        let expired = set(&consumer, &Token::new("marker", SystemTime::now())).unwrap_err();
        assert!(expired.contains("Must supply an unexpired token: now="), "{expired}");
    }

    #[test]
    fn a_client_without_the_mechanism_says_so() {
        let consumer = client("PLAIN");
        let error = set(&consumer, &token("marker")).unwrap_err();
        let expected =
            "the Kafka client rejects the token: SASL/OAUTHBEARER is not the configured authentication mechanism";
        assert_eq!(error, expected);
    }
}
