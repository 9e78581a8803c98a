//! How the clients reach the brokers, and as whom: for what a reason says about permissions.

use super::{Acl, Operation};
use crate::config::{Config, Identity, Side};

/// How the clients reach the brokers.
#[derive(Debug, Default)]
pub(crate) struct Access {
    servers: String,
    reader: Identity,
    writer: Identity,
}

impl Access {
    pub(crate) fn new(config: &Config, servers: &str) -> Self {
        Self {
            servers: servers.to_owned(),
            reader: config.identity(Side::Consumer),
            writer: config.identity(Side::Producer),
        }
    }

    pub(super) fn servers(&self) -> &str {
        &self.servers
    }

    /// The settings to check if the brokers reject the credentials.
    pub(super) fn credentials(&self) -> &'static str {
        match self.reader.name {
            Some(_) => "check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM",
            None => "check KAFKA_SASL_MECHANISM, and where the token or ticket comes from",
        }
    }

    /// The client that needs this permission.
    fn client(&self, operation: Operation) -> &Identity {
        match operation {
            Operation::Read | Operation::Describe => &self.reader,
            Operation::Write | Operation::Create | Operation::IdempotentWrite => &self.writer,
        }
    }

    /// The command that grants a permission.
    pub(super) fn command(&self, acl: &Acl) -> String {
        acl.command(&self.servers, self.client(acl.operation).name.as_deref().unwrap_or("<name>"))
    }

    /// Who was denied a permission, and where.
    pub(super) fn denied(&self, operation: Operation, cause: &str) -> String {
        let Identity { name, method } = self.client(operation);
        let name = name.as_ref().map(|name| format!(" to User:{name}")).unwrap_or_default();
        format!("{cause}; denied{name} at {} ({method})", self.servers)
    }
}
