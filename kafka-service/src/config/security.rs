//! Conflicts between security properties, and combinations that work but deserve a warning.

use std::collections::BTreeSet;

use super::{
    Brokers, Config, GroupProtocol,
    properties::Entry,
    property::{Property, Side},
    reserved::{CLASSIC_ONLY, STATISTICS},
};

pub(super) const SIDES: [Side; 2] = [Side::Consumer, Side::Producer];

/// Conflicts between security properties. Conflicts of both clients are usually the same, and are reported once.
pub(super) fn problems(config: &Config) -> BTreeSet<String> {
    match config.bootstrap_servers {
        Brokers::Disabled => BTreeSet::new(),
        Brokers::Embedded => SIDES.into_iter().filter_map(|side| embedded(&View { config, side })).collect(),
        Brokers::Servers(_) => SIDES.into_iter().flat_map(|side| sasl(&View { config, side })).collect(),
    }
}

/// Whether a security protocol authenticates by SASL.
pub(super) fn is_sasl(protocol: &str) -> bool {
    protocol.starts_with("sasl_")
}

/// Whether a security protocol uses TLS.
pub(super) fn is_tls(protocol: &str) -> bool {
    protocol.ends_with("ssl")
}

/// The properties of one client.
pub(super) struct View<'a> {
    pub(super) config: &'a Config,
    pub(super) side: Side,
}

impl<'a> View<'a> {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.config.properties.value(self.side, name).map(|entry| entry.value.expose())
    }

    /// The value as the user wrote it.
    fn written(&self, name: &str) -> Option<&str> {
        self.config.properties.value(self.side, name).map(|entry| entry.written.expose())
    }

    /// The setting, if the user made it.
    pub(super) fn entry(&self, name: &str) -> Option<(&'static Property, &'a Entry)> {
        let mut of = self.config.properties.of(self.side);
        of.find(|(property, _)| property.name == name)
    }

    fn given_as(&self, name: &str) -> &str {
        self.config.properties.value(self.side, name).map_or("", |entry| entry.given_as.as_str())
    }

    pub(super) fn protocol(&self) -> &str {
        self.value("security.protocol").unwrap_or("plaintext")
    }

    /// The first property with this prefix that the user set.
    fn first_of(&self, prefix: &str) -> Option<&str> {
        let mut of = self.config.properties.of(self.side);
        of.find(|(property, _)| property.name.starts_with(prefix)).map(|(_, entry)| entry.given_as.as_str())
    }
}

fn embedded(view: &View<'_>) -> Option<String> {
    let what = "the embedded broker supports only `plaintext`";
    (view.protocol() != "plaintext").then(|| problem(view, "security.protocol", what))
}

pub(super) fn problem(view: &View<'_>, name: &str, what: &str) -> String {
    super::error::problem(view.given_as(name), view.written(name).unwrap_or(""), what)
}

fn sasl(view: &View<'_>) -> Vec<String> {
    if !is_sasl(view.protocol()) {
        return Vec::new();
    }
    let Some(mechanism) = view.value("sasl.mechanism") else {
        // librdkafka's default is GSSAPI, which is rarely intended and rarely built in.
        let what = "requires `sasl.mechanism` (`KAFKA_SASL_MECHANISM`): `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, \
                    `OAUTHBEARER` or `GSSAPI`";
        return vec![problem(view, "security.protocol", what)];
    };
    if mechanism == "OAUTHBEARER" {
        return unsecured_token(view).into_iter().collect();
    }
    if !matches!(mechanism, "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512") {
        return Vec::new();
    }
    let needed = [("sasl.username", "KAFKA_SASL_USERNAME"), ("sasl.password", "KAFKA_SASL_PASSWORD")];
    let needed = needed.into_iter().filter(|(name, _)| view.value(name).is_none());
    needed
        .map(|(name, variable)| problem(view, "sasl.mechanism", &format!("requires `{name}` (`{variable}`)")))
        .collect()
}

/// What `sasl.oauthbearer.config` may say about an unsigned token.
const TOKEN_WORDS: [&str; 6] =
    ["principalClaimName=", "principal=", "scopeClaimName=", "scope=", "lifeSeconds=", "extension_"];

/// librdkafka reports a word that it does not know only in its log, and with the value.
fn unsecured_token(view: &View<'_>) -> Option<String> {
    let is_unsecured = view.value("enable.sasl.oauthbearer.unsecure.jwt") == Some("true");
    let (property, entry) = view.entry("sasl.oauthbearer.config").filter(|_| is_unsecured)?;
    let is_known = |word: &str| TOKEN_WORDS.iter().any(|known| word.starts_with(known)) && word.contains('=');
    let is_wrong = !entry.value.expose().split_whitespace().all(is_known);
    is_wrong.then(|| entry.problem(property, "expected words such as `principal=shop scope=orders lifeSeconds=3600`"))
}

/// Combinations that work but are probably not intended.
pub(super) fn warnings(config: &Config) -> BTreeSet<String> {
    let mut warnings: BTreeSet<_> = SIDES.into_iter().filter_map(|side| statistics(config, side)).collect();
    if let Brokers::Servers(_) = config.bootstrap_servers {
        warnings.extend(SIDES.into_iter().flat_map(|side| insecure(&View { config, side })));
        warnings.extend(unused_under_auto(config));
    }
    warnings
}

/// Nothing reads the statistics of a client, so they are not requested.
fn statistics(config: &Config, side: Side) -> Option<String> {
    let entry = config.properties.value(side, STATISTICS).filter(|entry| entry.value.expose() != "0")?;
    Some(format!("`{}` has no effect: kafka-service does not use the statistics of the client", entry.given_as))
}

fn insecure(view: &View<'_>) -> Vec<String> {
    let protocol = view.protocol();
    let mut found = Vec::new();
    for (prefix, used) in [("sasl.", is_sasl(protocol)), ("ssl.", is_tls(protocol))] {
        if let Some(name) = view.first_of(prefix).filter(|_| !used) {
            let protocol = view.written("security.protocol").unwrap_or(protocol);
            found.push(format!("`{name}` has no effect: the security protocol is `{protocol}`"));
        }
    }
    if protocol == "sasl_plaintext" {
        let what = match view.value("sasl.mechanism") {
            Some("PLAIN") => "the password is sent unencrypted",
            Some("OAUTHBEARER") => "the token is sent unencrypted",
            _ => "the connection is not encrypted",
        };
        found.push(problem(view, "security.protocol", &format!("{what}; use `sasl_ssl`")));
    }
    let weak = [
        ("enable.ssl.certificate.verification", "false", "any server can impersonate the broker"),
        (
            "ssl.endpoint.identification.algorithm",
            "none",
            "any host with a certificate from a trusted CA can impersonate the broker",
        ),
        ("enable.sasl.oauthbearer.unsecure.jwt", "true", "unsigned tokens are for development only"),
    ];
    for (name, _, what) in weak.into_iter().filter(|(name, value, _)| view.value(name) == Some(value)) {
        found.push(problem(view, name, what));
    }
    found
}

fn unused_under_auto(config: &Config) -> Vec<String> {
    let what = "applies only if the broker does not support the `consumer` group protocol";
    let classic = config.properties.of(Side::Consumer).filter(|(property, _)| CLASSIC_ONLY.contains(&property.name));
    let auto = classic.filter(|_| config.group_protocol == GroupProtocol::Auto);
    auto.map(|(property, entry)| entry.problem(property, what)).collect()
}
