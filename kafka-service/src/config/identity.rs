//! Who the clients are to the brokers, as far as the settings say.

use super::{
    Brokers, Config,
    property::Side,
    security::{View, is_sasl, is_tls},
};

/// Who a client is to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The name of its principal. `None` if only the brokers know it: a token or a ticket says who it is.
    pub(crate) name: Option<String>,
    /// How it connects: `sasl_ssl, SCRAM-SHA-512`.
    pub(crate) method: String,
}

impl Config {
    /// Who one client is.
    pub(crate) fn identity(&self, side: Side) -> Identity {
        if !matches!(self.bootstrap_servers, Brokers::Servers(_)) {
            return Identity { name: None, method: "plaintext".to_owned() };
        }
        let view = View { config: self, side };
        let protocol = view.protocol();
        if is_sasl(protocol) {
            let mechanism = view.value("sasl.mechanism").unwrap_or_default();
            let is_named = matches!(mechanism, "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512");
            let name = view.value("sasl.username").filter(|_| is_named).map(str::to_owned);
            return Identity { name, method: format!("{protocol}, {mechanism}") };
        }
        let has_certificate = ["ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location"]
            .into_iter()
            .any(|name| view.value(name).is_some());
        let (name, certificate) = match is_tls(protocol) && has_certificate {
            true => (super::credentials::certificate_name(&view), ", client certificate"),
            false => (Some("ANONYMOUS".to_owned()), ""),
        };
        Identity { name, method: format!("{protocol}{certificate}") }
    }

    /// The security protocol of one client.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn security_protocol(&self, side: Side) -> &str {
        self.properties.value(side, "security.protocol").map_or("plaintext", |entry| entry.value.expose())
    }

    /// Whether both clients connect in the same way as the same principal, so that the rights of one are those of the
    /// other.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn has_one_identity(&self) -> bool {
        let of = |side| {
            let properties = self.properties.of(side).filter(|(property, _)| {
                ["sasl.", "ssl.", "security."].iter().any(|prefix| property.name.starts_with(prefix))
            });
            properties.map(|(property, entry)| (property.name, entry.value.clone())).collect::<Vec<_>>()
        };
        let (mut consumer, mut producer) = (of(Side::Consumer), of(Side::Producer));
        consumer.sort_by_key(|(name, _)| *name);
        producer.sort_by_key(|(name, _)| *name);
        consumer == producer
    }
}
