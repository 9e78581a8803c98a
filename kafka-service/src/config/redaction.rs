//! Replaces secrets in texts of the client library: its log lines and errors.

use std::{
    borrow::Cow,
    sync::{Arc, RwLock},
};

use crate::sync;

use super::{Config, error::looks_like_path, secret::HIDDEN, security::SIDES};

/// Shorter values are not replaced: they would occur in ordinary words.
const SHORTEST: usize = 4;
/// The same for parts of a value.
const SHORTEST_PART: usize = 8;

/// The secrets of a configuration. Copies share them, so that those which are read later are known to all.
///
/// The user name is not among them, although it is not printed with the settings: what is said about permissions has to
/// name the principal.
#[derive(Clone, Default)]
pub(crate) struct Redaction(Arc<RwLock<Vec<String>>>);

impl Redaction {
    pub(crate) fn new(config: &Config) -> Self {
        let redaction = Self::default();
        redaction.add(config);
        redaction
    }

    /// Adds the secrets of another configuration.
    pub(crate) fn add(&self, config: &Config) {
        let mut texts = sync::write(&self.0);
        for (property, entry) in SIDES.into_iter().flat_map(|side| config.properties.of(side)) {
            let value = entry.value.expose().trim();
            let is_path = property.is_path() && looks_like_path(value);
            if property.secret && property.name != "sasl.username" && !is_path {
                texts.extend(parts(value));
            }
        }
        // A part of a value must not be replaced before the whole.
        texts.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        texts.dedup();
    }

    /// The text without the secrets.
    pub(crate) fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in sync::read(&self.0).iter() {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN).into();
            }
        }
        text
    }
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Redaction").finish_non_exhaustive()
    }
}

/// The value, and its words and lines: the client quotes a value that it does not understand from there on.
fn parts(value: &str) -> impl Iterator<Item = String> {
    let is_secret = |part: &&str| part.len() >= SHORTEST_PART && !part.contains("-----");
    let words = value.split_whitespace().filter(is_secret).map(str::to_owned);
    let whole = (value.len() >= SHORTEST).then(|| value.to_owned());
    whole.into_iter().chain(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(properties: &[(&str, &str)]) -> Redaction {
        let mut config = Config::new("shop");
        for (name, value) in properties {
            config.set_property(name, value).unwrap();
        }
        Redaction::new(&config)
    }

    #[test]
    fn secrets_are_replaced_wherever_they_are() {
        let redaction = redaction(&[("sasl.password", "hunter2"), ("sasl.oauthbearer.config", "scope=a MARKER-token")]);
        assert_eq!(redaction.apply("`hunter2` and (hunter2)"), "`***` and (***)");
        assert_eq!(redaction.apply("beginning at: MARKER-token"), "beginning at: ***");
        assert!(matches!(redaction.apply("nothing"), Cow::Borrowed("nothing")));
        assert!(!format!("{redaction:?}").contains("hunter2"));
    }

    #[test]
    fn names_and_paths_are_kept() {
        let redaction = redaction(&[
            ("sasl.username", "alice"),
            ("ssl.key.location", "/run/secrets/key.pem"),
            ("ssl.key.password", "abc"),
        ]);
        let text = "User:alice with /run/secrets/key.pem of the abc";
        assert_eq!(redaction.apply(text), text);
    }
}
