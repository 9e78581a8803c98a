//! What this build supports, and which settings need more.

use super::property::{Need, Property};

const TLS: &str = "requires the feature `tls` of `kafka-service`";
const ZSTD: &str = "requires the feature `zstd` of `kafka-service`";
const OIDC: &str = "requires the feature `oidc` of `kafka-service`";
const GSSAPI: &str = "Kerberos requires the feature `gssapi` of `kafka-service`";

/// What the client library was built with. `None` if unknown: the library itself then has to report what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) kafka: bool,
    pub(crate) tls: bool,
    pub(crate) zstd: bool,
    pub(crate) gssapi: Option<bool>,
    pub(crate) oidc: Option<bool>,
}

impl Features {
    /// The features according to the Cargo features of this crate.
    pub(crate) const fn compiled() -> Self {
        Self {
            kafka: cfg!(feature = "kafka"),
            tls: cfg!(feature = "tls"),
            zstd: cfg!(feature = "zstd"),
            gssapi: if cfg!(feature = "gssapi") { Some(true) } else { None },
            oidc: if cfg!(feature = "oidc") { Some(true) } else { None },
        }
    }

    /// The features according to librdkafka (its property `builtin.features`). More exact than
    /// [`compiled`](Self::compiled): another OpenSSL or Kerberos can be enabled by features of rdkafka that this crate
    /// does not know.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn built_in(list: &str) -> Self {
        let has = |feature: &str| list.split(',').any(|entry| entry.trim() == feature);
        Self {
            kafka: true,
            tls: has("ssl"),
            zstd: has("zstd"),
            gssapi: Some(has("sasl_gssapi")),
            oidc: Some(has("oidc")),
        }
    }

    /// What this value of a property needs and this build does not have.
    pub(super) fn missing(self, property: &Property, value: &str) -> Option<&'static str> {
        match (property.canonical, value) {
            ("security.protocol", "ssl" | "sasl_ssl")
            | ("sasl.mechanism", "SCRAM-SHA-256" | "SCRAM-SHA-512" | "OAUTHBEARER")
                if !self.tls =>
            {
                return Some(TLS);
            }
            ("sasl.mechanism", "GSSAPI") if self.gssapi == Some(false) => return Some(GSSAPI),
            ("compression.type", "zstd") if !self.zstd => return Some(ZSTD),
            _ => {}
        }
        match property.need {
            Need::Tls if !self.tls => Some(TLS),
            Need::Oidc if !self.tls || self.oidc == Some(false) => Some(OIDC),
            _ => None,
        }
    }
}
