//! [`FromContext`]: what a handler can take besides its payload.

use std::{
    any::type_name,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Context, Details, HandlerError, StateNeed};
use crate::{envelope::parse_timestamp, publish::Publisher};

/// A value that a handler takes besides its payload: an argument before the last one.
///
/// The type of an extractor says what it is composed of: [`Needs`](Self::Needs) is another extractor, or a tuple of up
/// to four. Composition is the only way to a [`State`], so the states that a handler needs are known before the first
/// message. A state that is not provided is an error at startup that names every handler which needs it.
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
///         let source = meta.source().ok_or("the message names no source")?;
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
    note = "extractors include `State<T>`, `Meta`, `Headers` and `Publisher`; implement `kafka_service::FromContext` for your own"
)]
pub trait FromContext: Sized {
    /// The extractors that this one is composed of; `()` if there are none.
    type Needs: FromContext;

    /// Creates the value, or fails the attempt: an error counts like one that the handler returns.
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
    fn needs(list: &mut Vec<StateNeed>) {
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

pub(super) use built_in;

/// Tuples are extractors, so that one extractor can be composed of several.
macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part: FromContext),*> FromContext for ($($part,)*) {
            built_in!($($part)*);

            fn extract(_context: &Context<'_>) -> Result<Self, HandlerError> {
                Ok(($($part::extract(_context)?,)*))
            }

            fn needs(_list: &mut Vec<StateNeed>) {
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

/// A value that the application provided with `.state(value)`, cloned for each call. Make `T` cheap to clone, such as a
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

    fn needs(list: &mut Vec<StateNeed>) {
        list.push(StateNeed::of::<T>());
    }
}

/// The correlation id of the message. Events that the handler returns carry the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CorrelationId(pub String);

impl CorrelationId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromContext for CorrelationId {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(Self(context.envelope.correlation_id.clone().into_owned()))
    }

    fn needs(_: &mut Vec<StateNeed>) {}
}

/// Where the message is in Kafka, who sent it, and the number of the attempt.
#[derive(Clone)]
pub struct Meta(Arc<Details>);

impl Meta {
    pub(super) fn details(&self) -> &Details {
        &self.0
    }

    /// The topic that the message was read from.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.origin().topic
    }

    /// The partition that the message was read from.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.0.origin().partition
    }

    /// The offset of the message in its partition.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.0.origin().offset
    }

    /// The record key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.0.origin().key
    }

    /// When the message was sent: its own `timestamp`, else that of the record. A `timestamp` without a zone is UTC, as
    /// Python writes it; a number is milliseconds since the Unix epoch.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.0
            .timestamp()
            .and_then(parse_timestamp)
            .or_else(|| self.0.origin().timestamp.and_then(|time| from_millis(time.millis)))
    }

    /// The number of the attempt: 1 for the first call of the handler, 2 for the first retry, and so on.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The service that sent the message, if the message has it as text or as a number.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.0.source()
    }

    /// The id of the message, if it has one. It is the same after a redelivery. A number is returned as text; a value
    /// of any other type counts as absent.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.0.id()
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Meta")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("key", &self.key().map(String::from_utf8_lossy))
            .field("timestamp", &self.timestamp())
            .field("attempt", &self.attempt())
            .field("source", &self.source())
            .field("message_id", &self.message_id())
            .finish()
    }
}

impl FromContext for Meta {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(Self(context.details()))
    }

    fn needs(_: &mut Vec<StateNeed>) {}
}

fn from_millis(millis: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}

/// The publisher, bound to the command: what it publishes carries the command's correlation id and key, and the command
/// is finished only when all of it is acknowledged.
impl FromContext for Publisher {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(context.publisher.get(context))
    }

    /// Always provided; listed because a handler with a publisher can publish more than it returns.
    fn needs(list: &mut Vec<StateNeed>) {
        list.push(StateNeed::of::<Self>());
    }
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
