//! What every part of the engine uses.

use std::{fmt, sync::Arc};

use super::{counters::Counters, fatal::Fatal};
use crate::{acks::Acks, clock::Clock, health::HealthState, offsets::Assignments, transport::Token};

/// What every part of the engine uses.
pub(crate) struct Shared {
    pub(crate) group: String,
    pub(crate) acks: Arc<Acks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Counters,
    pub(crate) fatal: Fatal,
    pub(crate) health: Arc<HealthState>,
}

impl Shared {
    pub(crate) fn new(group: String, acks: Arc<Acks>, clock: Arc<dyn Clock>, health: Arc<HealthState>) -> Self {
        Self { group, acks, clock, counters: Counters::default(), fatal: Fatal::default(), health }
    }

    pub(crate) fn assignments(&self) -> &Assignments {
        &self.acks.assignments
    }

    /// Whether the partition of a command's record is still owned.
    pub(crate) fn is_owned(&self, token: Token) -> bool {
        let position = self.acks.position(token);
        position
            .and_then(|(assignment, _)| self.assignments().get(assignment))
            .is_some_and(|assignment| assignment.is_owned())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("group", &self.group).finish_non_exhaustive()
    }
}
