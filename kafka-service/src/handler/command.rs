//! [`Command`]: a payload that says which command it is, so that it can be sent, and so that its handler need not name it.

use std::fmt::Display;

use super::IntoEvents;

/// A command: a payload with a name.
///
/// Derive it: `#[derive(Command)] #[command("create_user", key = name, reply = UserCreated)]`. A handler that takes it may
/// then be written with a bare `#[command]`, and [`Publisher::send`](crate::Publisher::send) sends it if it is
/// `serde::Serialize` too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "does not implement `Command`",
    note = "add a name to the handler, for example `#[command(\"create_order\")]`, or derive `kafka_service::Command` for `{Self}`"
)]
pub trait Command {
    /// What stands in the message as `type`.
    const NAME: &'static str;

    /// The topic that it is sent to; none is the first of the sender's `KAFKA_COMMANDS_TOPIC`.
    const TOPIC: Option<&'static str> = None;

    /// The events that answer it: a type that derives [`Event`](crate::Event), or `()` if nothing is promised.
    type Reply: IntoEvents;

    /// The key of its record. Without one it is the correlation id.
    fn key(&self) -> Option<impl Display + '_> {
        None::<&str>
    }
}
