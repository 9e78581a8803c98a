//! Caches assignments for the dispatcher, so that it need not look them up for each record.

use std::sync::Arc;

use super::Core;
use crate::{commit::Assignment, registry::RouteId};

/// The assignments that were looked up, by index.
#[derive(Default)]
pub(super) struct Assigned(Vec<Option<Known>>);

/// An assignment, and the handlers of its messages.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) assignment: Arc<Assignment>,
    pub(super) route: RouteId,
}

impl Assigned {
    /// An assignment by index, looked up in the shared table once. Its topic is compared only then.
    pub(super) fn get(&mut self, core: &Core, index: u32) -> Option<Known> {
        let place = index as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        let known = &mut self.0[place];
        if known.is_none() {
            // One that is being revoked is not cached: it would never be removed again.
            let assignment = core.acks.assignments.get(index).filter(|assignment| assignment.is_active())?;
            // Only topics that have a route are subscribed.
            let route = core.routes.find(assignment.topic())?;
            *known = Some(Known { assignment, route });
        }
        known.clone()
    }

    /// Removes an assignment that is being revoked, so that its memory can be freed.
    pub(super) fn forget(&mut self, index: u32) {
        if let Some(known) = self.0.get_mut(index as usize) {
            *known = None;
        }
    }
}
