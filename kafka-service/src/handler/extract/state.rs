//! [`State`]: a value that the application provides.

use std::any::type_name;

use super::{FromContext, built_in};
use crate::handler::{Context, HandlerError, Needs};

/// A value that the program provided with `.state(value)`, cloned for each call. Make `T` cheap to clone, such as a
/// connection pool or an `Arc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State<T>(pub T);

/// The types that a [`State`] can hold.
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a `State`",
    label = "does not implement `Clone + Send + Sync + 'static`",
    note = "a state is cloned for each call: derive `Clone` for `{Self}`, or use `State<std::sync::Arc<{Self}>>`; it must also be `Send + Sync + 'static`"
)]
pub trait Shared: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Shared for T {}

impl<T: Shared> FromContext for State<T> {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        // The check at startup rules this out in a running service; a call that bypasses it gets this error.
        let missing = || format!("state `{}` was never provided: add `.state(value)`", type_name::<T>());
        context.states.get().map(State).ok_or_else(|| HandlerError::new(missing()))
    }

    fn needs(list: &mut Needs) {
        list.state::<T>();
    }
}
