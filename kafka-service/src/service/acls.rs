//! The permissions that a service needs.

use super::{KafkaService, topics::Topics};
use crate::{
    error::Error,
    health::{Acl, Operation, Resource},
    registry::Routes,
};

impl KafkaService {
    /// Returns the permissions that the service needs on a cluster with an authorizer: `READ` on its group and on the
    /// topics that it consumes, `WRITE` on the topics of its events and dead letters, and with `KAFKA_CREATE_TOPICS` also
    /// `CREATE` on all of them. Each of them is needed, and together they are enough.
    ///
    /// Not included are topics that only the code names: those that a [`Publisher`](crate::Publisher) writes to with
    /// [`to`](crate::Publication::to), and those of commands that it sends. They need `WRITE`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`check`](Self::check).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use kafka_service::{Config, KafkaService, command};
    ///
    /// #[command("count")]
    /// async fn count(_: u32) {}
    ///
    /// # fn main() -> Result<(), kafka_service::Error> {
    /// let service = KafkaService::new(Config::new("counter"));
    /// let acls: Vec<_> = service.required_acls()?.iter().map(ToString::to_string).collect();
    /// assert_eq!(acls, [
    ///     "READ on group `counter-group`",
    ///     "READ on topic `service_commands`",
    ///     "WRITE on topic `service_commands-dlq`",
    ///     "WRITE on topic `service_events`",
    /// ]);
    /// # Ok(()) }
    /// ```
    pub fn required_acls(&self) -> Result<Vec<Acl>, Error> {
        let (registry, _) = self.checked()?;
        let config = &self.config;
        let topics = Topics::of(config, &Routes::new(registry.handlers(), config)).needed;
        let mut acls = vec![Acl::new(Operation::Read, Resource::Group(config.effective_group_id().into_owned()))];
        for topic in topics {
            let needed = [
                (Operation::Read, topic.is_read),
                (Operation::Write, topic.is_written),
                (Operation::Create, config.create_topics),
            ];
            let needed = needed.into_iter().filter(|(_, is_needed)| *is_needed);
            acls.extend(needed.map(|(operation, _)| Acl::new(operation, Resource::Topic(topic.name.clone()))));
        }
        acls.sort_by_key(ToString::to_string);
        Ok(acls)
    }
}
