//! One error type that classifies itself: what `#[derive(Classify)]` registers.

use std::fmt;

use crate::handler::{ClassOf, InnerOf};

/// A registered error type.
pub struct ErrorType {
    class_of: ClassOf,
    inner_of: Option<InnerOf>,
}

inventory::collect!(ErrorType);

impl ErrorType {
    /// An error type, by the function that classifies its errors.
    #[must_use]
    pub const fn new(class_of: ClassOf) -> Self {
        Self { class_of, inner_of: None }
    }

    /// Adds the function that returns the errors in `#[error(transparent)]` ones.
    #[must_use]
    pub const fn inner(self, inner_of: InnerOf) -> Self {
        Self { inner_of: Some(inner_of), ..self }
    }
}

impl fmt::Debug for ErrorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ErrorType").finish_non_exhaustive()
    }
}

/// The functions of all error types in linked crates that classify themselves.
pub(crate) fn error_types() -> impl Iterator<Item = (ClassOf, Option<InnerOf>)> {
    inventory::iter::<ErrorType>.into_iter().map(|error_type| (error_type.class_of, error_type.inner_of))
}
