//! Caches assignments for the dispatcher, so that it need not look them up for each record.

use std::sync::Arc;

use crate::{
    offsets::{Assignment, Assignments},
    registry::{RouteId, Routes},
};

/// The assignments that were looked up, by index.
#[derive(Default)]
pub(super) struct CachedAssignments(Vec<Option<CachedAssignment>>);

/// An assignment, and the handlers of its messages.
#[derive(Clone)]
pub(super) struct CachedAssignment {
    pub(super) assignment: Arc<Assignment>,
    pub(super) route: RouteId,
}

impl CachedAssignments {
    /// An assignment by index, looked up in the shared table once. Its topic is compared only then.
    pub(super) fn get(&mut self, assignments: &Assignments, routes: &Routes, index: u32) -> Option<CachedAssignment> {
        let index = index as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        let cached = &mut self.0[index];
        if cached.is_none() {
            // One that is being revoked is not cached: it would never be removed again.
            let assignment = assignments.get(index as u32).filter(|assignment| assignment.is_active())?;
            // Only topics that have a route are subscribed.
            let route = routes.find(assignment.topic())?;
            *cached = Some(CachedAssignment { assignment, route });
        }
        cached.clone()
    }

    /// Removes an assignment that is being revoked, so that its memory can be freed.
    pub(super) fn forget(&mut self, index: u32) {
        if let Some(cached) = self.0.get_mut(index as usize) {
            *cached = None;
        }
    }
}
