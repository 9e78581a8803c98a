//! A token, and whether a broker could accept it.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// A token that expires later than this is treated as expiring then.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A bearer token, from a [`TokenProvider`](super::TokenProvider).
///
/// `Debug` shows neither the token nor the values of the extensions.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::oauth::Token;
///
/// let token = Token::expiring_in("eyJhbGciOi..", Duration::from_secs(3600))
///     .principal("orders")
///     .extension("logicalCluster", "lkc-1234");
/// assert!(!format!("{token:?}").contains("eyJ"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a token does nothing until a provider returns it"]
pub struct Token {
    value: String,
    expires_at: SystemTime,
    principal: String,
    extensions: Vec<(String, String)>,
}

impl Token {
    /// Creates a token that expires at this time.
    ///
    /// The value is what is sent to the broker: often a JWT, always visible ASCII characters without spaces. The service
    /// fetches the next token when 80 % of the time until `expires_at` has passed.
    pub fn new(value: impl Into<String>, expires_at: SystemTime) -> Self {
        Self { value: value.into(), expires_at, principal: String::new(), extensions: Vec::new() }
    }

    /// Creates a token that expires after this time from now, such as the `expires_in` of an OAuth response.
    pub fn expiring_in(value: impl Into<String>, lifetime: Duration) -> Self {
        let now = SystemTime::now();
        Self::new(value, now.checked_add(lifetime.min(LONGEST)).unwrap_or(now))
    }

    /// Sets the name of the principal, for the log. The broker takes the principal from the token itself. Empty by
    /// default.
    pub fn principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = principal.into();
        self
    }

    /// Adds a SASL extension (RFC 7628), which the broker receives with the token. The name consists of the letters `A`
    /// to `Z` and `a` to `z` and is not `auth`; the value is ASCII text.
    pub fn extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.push((name.into(), value.into()));
        self
    }

    /// What is sent to the broker. Only for the client that needs it.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }

    pub(crate) fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    pub(crate) fn principal_name(&self) -> &str {
        &self.principal
    }

    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn extensions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extensions.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How long it remains valid; zero if it has expired.
    pub(super) fn remaining(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    /// Why no broker would accept it, without the token itself. librdkafka has the same rules, but its message repeats
    /// the value.
    pub(super) fn flaw(&self, now: SystemTime) -> Option<String> {
        if self.value.is_empty() {
            return Some("it is empty".to_owned());
        }
        if let Some((position, letter)) = self.value.char_indices().find(|(_, letter)| !letter.is_ascii_graphic()) {
            return Some(format!("{} at position {position} is not allowed in a token", name_of(letter)));
        }
        if self.remaining(now).is_zero() {
            let ago = now.duration_since(self.expires_at).unwrap_or_default();
            return Some(format!("it expired {} s ago", ago.as_secs()));
        }
        if self.principal.contains(char::is_control) {
            return Some("the principal contains a control character".to_owned());
        }
        self.flaw_of_extensions()
    }

    fn flaw_of_extensions(&self) -> Option<String> {
        for (position, (name, value)) in self.extensions.iter().enumerate() {
            let shown = name.escape_debug();
            if name == "auth" {
                return Some("the extension `auth` is reserved for the token".to_owned());
            }
            if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphabetic()) {
                return Some(format!("the extension `{shown}` must be named with letters only (A to Z, a to z)"));
            }
            if self.extensions[..position].iter().any(|(other, _)| other == name) {
                return Some(format!("the extension `{shown}` is set twice"));
            }
            let is_allowed = |letter: char| letter.is_ascii_graphic() || matches!(letter, ' ' | '\t' | '\r' | '\n');
            if let Some(letter) = value.chars().find(|letter| !is_allowed(*letter)) {
                return Some(format!("{} is not allowed in the value of the extension `{shown}`", name_of(letter)));
            }
        }
        None
    }
}

/// A character, so that it can be found in an editor.
fn name_of(letter: char) -> &'static str {
    match letter {
        '\n' | '\r' => "a line break",
        ' ' | '\t' => "white space",
        letter if letter.is_ascii() => "a control character",
        _ => "a character that is not ASCII",
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extensions: Vec<_> = self.extensions.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("Token")
            .field("value", &format_args!("***"))
            .field("expires_at", &self.expires_at)
            .field("principal", &self.principal)
            .field("extensions", &extensions)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(token: &Token) -> String {
        token.flaw(SystemTime::now()).unwrap_or_default()
    }

    fn valid(value: &str) -> Token {
        Token::expiring_in(value, Duration::from_secs(60))
    }

    #[test]
    fn a_flaw_names_the_rule_and_never_the_token() {
        assert_eq!(flaw(&valid("ey.J+/-_~=").principal("Ünal").extension("logicalCluster", "a b")), "");
        assert_eq!(flaw(&valid("")), "it is empty");
        assert_eq!(flaw(&valid("secret\n")), "a line break at position 6 is not allowed in a token");
        assert_eq!(flaw(&valid("Bearer secret")), "white space at position 6 is not allowed in a token");
        assert_eq!(
            flaw(&valid("secr\u{e9}t")),
            "a character that is not ASCII at position 4 is not allowed in a token"
        );
        assert_eq!(flaw(&valid("secret\0")), "a control character at position 6 is not allowed in a token");
        let expired = Token::new("secret", SystemTime::now() - Duration::from_secs(90));
        assert!(flaw(&expired).starts_with("it expired 9"), "{}", flaw(&expired));
        assert_eq!(flaw(&valid("x").principal("a\nb")), "the principal contains a control character");
    }

    #[test]
    fn extensions_have_the_rules_of_the_rfc() {
        let of = |name: &str, value: &str| flaw(&valid("x").extension(name, value));
        assert_eq!(of("auth", "secret"), "the extension `auth` is reserved for the token");
        let letters = "must be named with letters only (A to Z, a to z)";
        assert_eq!(of("pool_id", "secret"), format!("the extension `pool_id` {letters}"));
        assert_eq!(of("", "secret"), format!("the extension `` {letters}"));
        assert_eq!(
            of("pool", "secret\u{1}"),
            "a control character is not allowed in the value of the extension `pool`"
        );
        let twice = valid("x").extension("pool", "1").extension("pool", "2");
        assert_eq!(flaw(&twice), "the extension `pool` is set twice");
    }

    #[test]
    fn debug_hides_the_token_and_the_values_of_extensions() {
        let token = valid("marker-token").principal("orders").extension("pool", "marker-value");
        let shown = format!("{token:?}");
        assert!(!shown.contains("marker") && shown.contains("orders") && shown.contains("pool"), "{shown}");
    }

    #[test]
    fn a_lifetime_that_is_too_long_does_not_overflow() {
        assert!(Token::expiring_in("x", Duration::MAX).remaining(SystemTime::now()) > Duration::from_secs(1_000_000));
    }
}
