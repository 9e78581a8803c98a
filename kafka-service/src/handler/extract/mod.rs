//! [`FromContext`]: what a handler can take besides its payload.

mod correlation_id;
mod extra;
mod headers;
mod meta;
mod state;

pub use self::{correlation_id::CorrelationId, extra::ExtraFields, headers::Headers, meta::Meta, state::State};

use super::{Context, HandlerError, Needs};

/// An argument of a handler before the payload.
///
/// The type of an extractor declares what it is composed of: [`Needs`](Self::Needs) is another extractor, or a tuple of
/// up to four. Composition is the only way to a [`State`], so the states that a handler needs are known before the
/// first message. A state that is not provided is an error at startup that names every handler that needs it.
///
/// # Examples
///
/// ```
/// use kafka_service::{FromContext, HandlerError, Meta, State};
///
/// #[derive(Clone)]
/// struct Tenants(Vec<String>);
///
/// struct Tenant(String);
///
/// impl FromContext for Tenant {
///     type Needs = (Meta, State<Tenants>);
///
///     fn from_context((meta, State(tenants)): Self::Needs) -> Result<Self, HandlerError> {
///         let source = meta.source().ok_or("the command has no source")?;
///         let known = tenants.0.iter().any(|tenant| tenant == source);
///         if known { Ok(Tenant(source.to_owned())) } else { Err(HandlerError::permanent("unknown tenant")) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a message",
    label = "not an extractor",
    note = "the last argument is the payload; if `{Self}` is the payload, move it to the end",
    note = "to share a value, take `State(value): State<{Self}>` and provide it with `.state(value)`; `{Self}` must be `Clone`, or use `State<Arc<{Self}>>`",
    note = "extractors include `kafka_service::State<T>` (use it instead of axum's `State`), `Meta`, `Headers` and `Publisher`; implement `kafka_service::FromContext` for your own"
)]
pub trait FromContext: Sized {
    /// The extractors that this one is composed of; `()` if there are none.
    type Needs: FromContext;

    /// Creates the value, or fails the attempt: an error is treated like one that the handler returns.
    ///
    /// # Errors
    ///
    /// Returns an error if the message does not meet the requirements of the extractor.
    fn from_context(needs: Self::Needs) -> Result<Self, HandlerError>;

    /// Cannot be evaluated if the extractor is, directly or indirectly, composed of itself. The build then fails,
    /// instead of the stack overflowing at run time.
    #[doc(hidden)]
    const AN_EXTRACTOR_NEEDS_ITSELF: () = <Self::Needs as FromContext>::AN_EXTRACTOR_NEEDS_ITSELF;

    #[doc(hidden)]
    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Self::from_context(<Self::Needs as FromContext>::extract(context)?)
    }

    #[doc(hidden)]
    fn needs(list: &mut Needs) {
        const { Self::AN_EXTRACTOR_NEEDS_ITSELF };
        <Self::Needs as FromContext>::needs(list);
    }
}

/// The basic extractors read the message itself, so their `Needs` are themselves.
macro_rules! built_in {
    ($($part:ident)*) => {
        type Needs = Self;

        const AN_EXTRACTOR_NEEDS_ITSELF: () = {
            $(let () = $part::AN_EXTRACTOR_NEEDS_ITSELF;)*
        };

        fn from_context(needs: Self) -> Result<Self, HandlerError> {
            Ok(needs)
        }
    };
}

pub(crate) use built_in;

/// Tuples are extractors, so that one extractor can be composed of several.
macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part: FromContext),*> FromContext for ($($part,)*) {
            built_in!($($part)*);

            fn extract(_context: &Context<'_>) -> Result<Self, HandlerError> {
                Ok(($($part::extract(_context)?,)*))
            }

            fn needs(_list: &mut Needs) {
                $($part::needs(_list);)*
            }
        }
    };
}

tuple!();
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);

#[cfg(test)]
mod tests;
