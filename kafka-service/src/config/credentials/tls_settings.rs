//! The settings of TLS, for a connection of our own to the brokers.

use openssl::{
    pkey::{PKey, Private},
    x509::X509,
};

use super::client_key;
use crate::config::{Config, property::Side, security::View};

/// What the client trusts and how it identifies itself.
pub(crate) struct TlsSettings<'a>(View<'a>);

impl<'a> TlsSettings<'a> {
    /// Those of one client.
    pub(crate) fn new(config: &'a Config, side: Side) -> Self {
        Self(View { config, side })
    }

    /// The file or folder of the trusted authorities.
    pub(crate) fn ca_location(&self) -> Option<&str> {
        self.0.value("ssl.ca.location")
    }

    /// The trusted authorities themselves.
    pub(crate) fn ca_pem(&self) -> Option<&str> {
        self.0.value("ssl.ca.pem")
    }

    /// Whether the certificate of the broker must name its host.
    pub(crate) fn checks_host_names(&self) -> bool {
        self.0.value("ssl.endpoint.identification.algorithm") != Some("none")
    }

    /// The certificate and key of the client, if there are any.
    pub(crate) fn client_key(&self) -> Option<(X509, PKey<Private>)> {
        client_key::pair(&self.0)
    }
}
