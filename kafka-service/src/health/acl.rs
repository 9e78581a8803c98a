//! A permission, and the command that grants it.

use std::fmt;

use super::{Operation, Resource};

/// A permission on a resource that a service needs.
///
/// [`KafkaService::required_acls`](crate::KafkaService::required_acls) lists those of a service.
///
/// ```
/// use kafka_service::health::{Acl, Operation, Resource};
///
/// let acl = Acl::new(Operation::Read, Resource::Topic("orders".to_owned()));
/// assert_eq!(acl.to_string(), "READ on topic `orders`");
/// assert_eq!(
///     acl.command("kafka:9092", "shop"),
///     "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:shop --operation Read --topic orders"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Acl {
    /// The resource.
    pub resource: Resource,
    /// The operation.
    pub operation: Operation,
}

impl Acl {
    /// Creates a permission.
    #[must_use]
    pub const fn new(operation: Operation, resource: Resource) -> Self {
        Self { resource, operation }
    }

    /// Returns the command that grants it. `principal` is the name without `User:`, such as the SASL user name or the
    /// distinguished name of a certificate.
    #[must_use]
    pub fn command(&self, servers: &str, principal: &str) -> String {
        let principal = quoted(&format!("User:{principal}"));
        let operation = self.operation.argument();
        let resource = match &self.resource {
            Resource::Topic(topic) => format!("--topic {topic}"),
            Resource::Group(group) => format!("--group {}", quoted(group)),
            Resource::Cluster => "--cluster".to_owned(),
        };
        format!(
            "kafka-acls.sh --bootstrap-server {servers} --add --allow-principal {principal} --operation {operation} \
             {resource}"
        )
    }
}

/// Prints `READ on topic orders`.
impl fmt::Display for Acl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.operation, self.resource)
    }
}

/// An argument of a shell, quoted if it needs to be. `<name>` stays as it is: it has to be replaced.
fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || ":._-/@+<>".contains(letter);
    if argument.chars().all(is_plain) { argument.to_owned() } else { format!("'{}'", argument.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        let acl = Acl::new(Operation::Read, Resource::Group("a 'b'".to_owned()));
        let command = acl.command("k:1", "CN=shop,O=Acme Inc");
        assert!(command.contains(r"--allow-principal 'User:CN=shop,O=Acme Inc'"), "{command}");
        assert!(command.ends_with(r"--group 'a '\''b'\'''"), "{command}");
        assert!(acl.command("k:1", "<name>").contains("--allow-principal User:<name> "));
    }
}
