//! [`Command`]: a payload type that names its command, so that it can be sent and its handler need not repeat the name.

use std::fmt::Display;

use crate::handler::IntoEvents;

/// A command: a payload with a name.
///
/// Derive it: `#[derive(Command)] #[command("create_user", key = name, reply = UserCreated)]`. A handler with this
/// payload can then be a bare `#[command]`, and [`Publisher::send`](crate::Publisher::send) sends it if it also
/// implements `serde::Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "does not implement `Command`",
    note = "derive `kafka_service::Command` for `{Self}`, and add `#[command(\"create_order\")]` to the type",
    note = "without a name of the type, a handler names the command itself, `#[command(\"create_order\")]` on the function, and a sender uses `send_command(\"create_order\", payload)`"
)]
pub trait Command {
    /// The name of the command: the field `type` of the message.
    const NAME: &'static str;

    /// The topic that the command is sent to. `None` means the first topic of the sender's `KAFKA_COMMANDS_TOPIC`.
    const TOPIC: Option<&'static str> = None;

    /// The events that answer the command: a type that derives [`Event`](crate::Event), or `()` if none is promised.
    type Reply: IntoEvents;

    /// Returns the record key. Without one, the correlation id is the key.
    fn key(&self) -> Option<impl Display + '_> {
        None::<&str>
    }
}
