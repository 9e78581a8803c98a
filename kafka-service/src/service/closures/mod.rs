//! Handlers that are added at run time: closures, and services that are generated.

use std::{future::Future, panic::Location};

use super::KafkaService;
use crate::{
    handler::{
        Context, Description, IntoEvents, IntoHandlerError, IntoOutcome, Invocation, Payload, Probe, decode, extract,
        invocation, outcome,
    },
    publisher::MessageContext,
    registry::{Handler, Invoke},
};

impl KafkaService {
    /// Handles the commands of this name with a closure, for services assembled at run time. If the name is known at
    /// compile time, [`#[command]`](macro@crate::command) is shorter and checks more.
    ///
    /// The closure is handled like an attributed function: its second argument is the payload, and it returns what such
    /// a function returns. It gets everything else from [`MessageContext`]. Registrations are never freed: call this at
    /// startup, not in a loop.
    ///
    /// A name that is not allowed (ASCII letters, digits, `_`, `-` and `.`, at most 200 characters), or that already
    /// has a handler, is an error when the service starts; the error names the file and line of this call.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kafka_service::{Event, HandlerError, KafkaService, MessageContext};
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
    ///     .on_command("greet", |context: MessageContext, Greet { name }: Greet| async move {
    ///         let Greeting(greeting) = context.state()?;
    ///         Ok::<_, HandlerError>(Greeted { text: format!("{greeting}, {name}!"), name })
    ///     })
    ///     .run()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn on_command<P, F, R>(self, name: &str, handler: F) -> Self
    where
        P: Payload + 'static,
        F: Fn(MessageContext, P) -> R + Send + Sync + 'static,
        R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError> + 'static> + Send + 'static,
    {
        self.add(Handler::command(leak_name(name), leak_closure(handler)), describe::<P, R::Output>)
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
    pub fn on_event<P, F, R>(self, event_type: &str, handler: F) -> Self
    where
        P: Payload + 'static,
        F: Fn(MessageContext, P) -> R + Send + Sync + 'static,
        R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError> + 'static> + Send + 'static,
    {
        self.add(Handler::event(leak_name(event_type), leak_closure(handler)), describe::<P, R::Output>)
    }

    #[track_caller]
    fn add(mut self, handler: Handler, describe: fn(&mut Description)) -> Self {
        let place = Location::caller();
        let handler = handler.at("", "closure", place.file(), place.line()).describe(describe);
        self.added.push(Box::leak(Box::new(handler)));
        self
    }
}

// Handlers are `&'static` everywhere, because nearly all of them are constants. The few that are not live as long as the
// program needs them, which is until it ends.

fn leak_name(name: &str) -> &'static str {
    name.to_owned().leak()
}

fn leak_closure<P, F, R>(handler: F) -> &'static Invoke
where
    P: Payload,
    F: Fn(MessageContext, P) -> R + Send + Sync + 'static,
    R: Future<Output: IntoOutcome<Events: IntoEvents, Error: IntoHandlerError>> + Send + 'static,
{
    let invoke = move |context: &Context<'_>| -> Invocation {
        let message = extract::<MessageContext>(context)?;
        let payload = decode::<P>(context)?;
        let call = handler(message, payload);
        invocation(async move { outcome(call.await) })
    };
    Box::leak(Box::new(invoke))
}

/// What the types say. A generic function cannot ask whether the payload is a [`Command`](crate::Command).
fn describe<P, R: IntoOutcome<Events: IntoEvents>>(description: &mut Description) {
    description.payload = std::any::type_name::<P>();
    Probe::<R>::returns(description);
}

#[cfg(test)]
mod tests;
