//! What the client reports.

use std::time::Instant;

use super::{Driver, driver::End};
use crate::{
    health::{Operation, Reason, Resource},
    transport::{Client, ClientEvent},
};

impl<C: Client> Driver<C> {
    pub(super) fn event(&mut self, event: ClientEvent, now: Instant) -> Option<End> {
        match event {
            ClientEvent::Assigned(partitions) => self.assigned(&partitions, now),
            ClientEvent::Revoked { partitions, lost } => self.revoked(&partitions, lost, now),
            ClientEvent::Committed(answer) => self.committed(answer, now),
            ClientEvent::OffsetOutOfRange(name, offset) => {
                if let Some(partition) = self.partitions.find(&name) {
                    partition.on_offset_out_of_range(offset);
                }
            }
            ClientEvent::NotNewer(names) => self.not_newer(&names),
            ClientEvent::GroupRefused(refusal) => return Some(End::GroupRefused(refusal)),
            ClientEvent::GroupDenied(cause) => self.shared.health.raise(self.group_denied(), cause, now),
            ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, self.ended())),
            ClientEvent::Ended(reason) => return Some(End::Recreate(reason)),
        }
        None
    }

    /// Handles all events from before the records that were just taken, if these may be the first of a partition.
    pub(super) fn catch_up(&mut self, records: &[C::Record], now: Instant) -> Option<End> {
        if records.is_empty() || !self.partitions.any_new() {
            return None;
        }
        let events = self.client.catch_up();
        events.into_iter().find_map(|event| self.event(event, now))
    }

    pub(super) fn group_denied(&self) -> Reason {
        let resource = Resource::Group(self.shared.group.clone());
        Reason::NotAuthorized { resource, operation: Operation::Read }
    }
}
