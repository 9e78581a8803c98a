//! Handlers that are added at run time: closures, and services that are generated.

mod options;

use std::{future::Future, panic::Location};

pub use self::options::HandlerOptions;

use super::KafkaService;
use crate::{
    handler::{
        Classifiers, Context, Description, ErrorClass, FromContext, HandlerError, IntoEvents, IntoHandlerError,
        IntoOutcome, Invocation, Payload, Probe, decode, extract, invocation, outcome,
    },
    registry::{Handler, Invoke, Kind},
};

impl KafkaService {
    /// Handles the commands of this name with a closure, for services assembled at run time. If the name is known at
    /// compile time, [`#[command]`](macro@crate::command) is shorter and checks more.
    ///
    /// The closure is handled like an attributed function: its second argument is the payload, and it returns what such
    /// a function returns. Its first argument is an extractor, or a tuple of up to four:
    /// [`MessageContext`](crate::MessageContext) has everything that is often needed; with `State<T>`, `Headers`,
    /// `ExtraFields` or an extractor of your own, the states are checked at startup. Write its type: the compiler cannot
    /// infer it. Instead of a name, pass [`HandlerOptions`] to set retries, a timeout or a topic. Registrations are never
    /// freed: call this at startup, not in a loop.
    ///
    /// A name that is not allowed (ASCII letters, digits, `_`, `-` and `.`, at most 200 characters), or that already
    /// has a handler, is an error when the service starts; the error names the file and line of this call.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kafka_service::{Event, Headers, KafkaService, State};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Clone)]
    /// struct Greeting(&'static str);
    ///
    /// #[derive(Deserialize)]
    /// struct Greet { name: String }
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("user.greeted", key = name)]
    /// struct Greeted { name: String, text: String }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// KafkaService::from_env()?
    ///     .state(Greeting("Hello"))
    ///     .on_command(
    ///         "greet",
    ///         |(State(Greeting(greeting)), headers): (State<Greeting>, Headers), Greet { name }: Greet| async move {
    ///             let title = headers.get_str("title").unwrap_or_default();
    ///             Greeted { text: format!("{greeting}, {title} {name}!"), name }
    ///         },
    ///     )
    ///     .run()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn on_command<X, P, F, R>(self, name: impl Into<HandlerOptions>, handler: F) -> Self
    where
        X: FromContext + 'static,
        P: Payload + 'static,
        F: Fn(X, P) -> R + Send + Sync + 'static,
        R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError> + 'static> + Send + 'static,
    {
        self.add(Kind::Command, name.into(), handler)
    }

    /// Handles the events of this type with a closure; otherwise like [`on_command`](Self::on_command).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use kafka_service::{KafkaService, MessageContext};
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// KafkaService::from_env()?
    ///     .on_event("payment.settled", |context: MessageContext, payment: serde_json::Value| async move {
    ///         println!("{} at offset {}: {payment}", context.correlation_id(), context.meta().offset());
    ///     })
    ///     .run()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn on_event<X, P, F, R>(self, event_type: impl Into<HandlerOptions>, handler: F) -> Self
    where
        X: FromContext + 'static,
        P: Payload + 'static,
        F: Fn(X, P) -> R + Send + Sync + 'static,
        R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError> + 'static> + Send + 'static,
    {
        self.add(Kind::Event, event_type.into(), handler)
    }

    #[track_caller]
    fn add<X, P, F, R>(mut self, kind: Kind, options: HandlerOptions, handler: F) -> Self
    where
        X: FromContext + 'static,
        P: Payload + 'static,
        F: Fn(X, P) -> R + Send + Sync + 'static,
        R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError> + 'static> + Send + 'static,
    {
        let place = Location::caller();
        let HandlerOptions { name, topic, timeout, retry, permanent } = options;
        let (name, invoke) = (name.leak(), leak_closure(handler, permanent));
        let handler = match kind {
            Kind::Command => Handler::command(name, invoke),
            Kind::Event => Handler::event(name, invoke),
        };
        let handler = Handler { topic: topic.map(|topic| &*topic.leak()), timeout, retry, ..handler };
        let handler = handler.at("", "closure", place.file(), place.line()).describe(describe::<X, P, R::Output>);
        self.added.push(Box::leak(Box::new(handler)));
        self
    }
}

// Handlers are `&'static` everywhere, because nearly all of them are constants. The few that are not live as long as the
// program needs them, which is until it ends.
fn leak_closure<X, P, F, R>(handler: F, permanent: Classifiers) -> &'static Invoke
where
    X: FromContext,
    P: Payload,
    F: Fn(X, P) -> R + Send + Sync + 'static,
    R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError>> + Send + 'static,
{
    let permanent: &'static Classifiers = Box::leak(Box::new(permanent));
    let invoke = move |context: &Context<'_>| -> Invocation {
        let extracted = extract::<X>(context)?;
        let payload = decode::<P>(context)?;
        let call = handler(extracted, payload);
        invocation(async move { outcome(call.await).map_err(|error| classified(error, permanent)) })
    };
    Box::leak(Box::new(invoke))
}

/// Marks an error that the options say is permanent. Any other is left to the service.
fn classified(error: HandlerError, permanent: &Classifiers) -> HandlerError {
    match permanent.class(&error) {
        ErrorClass::Permanent => HandlerError::permanent(error),
        _ => error,
    }
}

/// What the types say. A generic function cannot ask whether the payload is a [`Command`](crate::Command).
fn describe<X: FromContext, P, R: IntoOutcome<Events: IntoEvents>>(description: &mut Description) {
    Probe::<X>::extractor(description);
    description.payload = std::any::type_name::<P>();
    Probe::<R>::returns(description);
}

#[cfg(test)]
mod tests;
