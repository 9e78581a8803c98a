//! The publisher of a command, as an extractor.

use std::{any::Any, cell::OnceCell, sync::Arc};

use super::Publisher;
use crate::{
    acks::{Bound, BoundGuard},
    handler::{Context, FromContext, HandlerError, Needs, NeverPayload, Provide, built_in},
};

/// The publisher of a command whose handler may take one, or not.
pub(crate) struct LazyPublisher<'a> {
    publisher: &'a Publisher,
    assignment: u32,
    slot: u64,
    /// That of an earlier attempt.
    bound: Option<Arc<Bound>>,
    taken: OnceCell<Publisher>,
}

impl<'a> LazyPublisher<'a> {
    pub(crate) fn new(publisher: &'a Publisher, assignment: u32, slot: u64, before: Option<&BoundGuard>) -> Self {
        let bound = before.map(|guard| Arc::clone(guard.bound()));
        Self { publisher, assignment, slot, bound, taken: OnceCell::new() }
    }

    /// The publisher, bound to the command; the same for all who take it in one attempt.
    pub(crate) fn get(&self, context: &Context<'_>) -> Publisher {
        let bound = || Bound::new(Arc::clone(&self.publisher.shared.acks), self.assignment, self.slot);
        let bound = || self.bound.clone().unwrap_or_else(bound);
        self.taken.get_or_init(|| self.publisher.bound_to(context, bound())).clone()
    }

    /// What counts for the command's position, if the publisher was taken.
    pub(crate) fn into_guard(self) -> Option<BoundGuard> {
        let publisher = self.taken.into_inner()?;
        publisher.command.as_ref().map(|command| BoundGuard::new(Arc::clone(&command.bound)))
    }
}

impl Provide for LazyPublisher<'_> {
    fn provide(&self, context: &Context<'_>, slot: &mut dyn Any) {
        if let Some(slot) = slot.downcast_mut::<Option<Publisher>>() {
            *slot = Some(self.get(context));
        }
    }
}

/// Provides the publisher, bound to the command: its events have the command's correlation id and key, and the command
/// is finished only when all of them are acknowledged.
impl NeverPayload for Publisher {}

impl FromContext for Publisher {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        context.provided().ok_or_else(|| HandlerError::new("this message has no publisher"))
    }

    fn needs(needs: &mut Needs) {
        needs.publisher = true;
    }
}
