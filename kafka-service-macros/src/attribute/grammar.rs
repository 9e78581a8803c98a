//! Describes what each attribute accepts.

use proc_macro2::TokenStream;

use super::syntax::Argument;
use crate::diagnostics::{Help, list};

/// The arguments that an attribute accepts. The attributes differ in their terms and options, but share one form:
///
/// `#[command("name")]`
/// `#[command("name", option = value, option(setting = value, ..), ..)]`
/// `#[command(option = value, ..)]`
#[derive(Clone, Copy)]
pub(crate) struct Grammar<'a> {
    /// `command` or `event`.
    pub(crate) attribute: &'static str,
    /// What messages call the first argument.
    pub(crate) name: &'static str,
    /// A name for suggestions.
    pub(crate) example: &'a str,
    pub(crate) options: &'static [&'static str],
    pub(crate) target: Target<'a>,
}

/// The kind of item that has the attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Handler,
    Struct,
    Enum,
    /// A variant of the enum with this name.
    Variant(&'a str),
}

impl Grammar<'_> {
    /// The error for a second name.
    pub(crate) fn second_name(&self, second: &TokenStream) -> Help<String, String> {
        match (self.target, self.attribute) {
            (Target::Handler, _) => Help(
                format!("a handler can have only one {}", self.name),
                format!("write another handler for `{second}` that calls this function"),
            ),
            (_, "event") => Help(
                "an event can have only one event type".to_owned(),
                "use an enum with one event type per variant".to_owned(),
            ),
            _ => Help(
                "a command can have only one name".to_owned(),
                "write another type for the second command".to_owned(),
            ),
        }
    }

    /// Formats the attribute with this name in front of its other arguments.
    pub(crate) fn with_name(&self, name: &str, arguments: &TokenStream) -> String {
        let arguments = arguments.to_string();
        let comma = if arguments.is_empty() { "" } else { ", " };
        format!("#[{}({name:?}{comma}{arguments})]", self.attribute)
    }
}

/// The error for an option that belongs to another item.
pub(crate) fn misplaced(argument: &Argument, grammar: &Grammar<'_>) -> Option<Help<String, String>> {
    let Grammar { attribute, options, target, .. } = *grammar;
    let keyword = argument.keyword.as_str();
    match (target, keyword) {
        _ if options.contains(&keyword) => None,
        (Target::Handler, "key" | "reply") => {
            let derive = if attribute == "event" && keyword == "key" { "Event" } else { "Command" };
            let message = format!("`{keyword}` is an option of `#[derive({derive})]`, not of handlers");
            Some(Help(message, format!("remove it; handler options are {}", list(options))))
        }
        (Target::Enum, "key") if attribute == "command" => Some(Help(
            "`key` is not supported on an enum: it names a field of a struct".to_owned(),
            "remove `key`, or make the command a struct".to_owned(),
        )),
        (Target::Variant(owner), "crate") => Some(Help(
            "`crate` is an option of the enum, not of a variant".to_owned(),
            format!("write `#[{attribute}({})]` above `{owner}`", argument.source_text()),
        )),
        (Target::Struct | Target::Enum | Target::Variant(_), "retry" | "timeout" | "permanent") => {
            let derive = if attribute == "event" { "Event" } else { "Command" };
            Some(Help(
                format!("`{keyword}` is an option of handlers, not of `#[derive({derive})]`"),
                format!("move it to the handler: `#[{attribute}({})]`", argument.source_text()),
            ))
        }
        _ => None,
    }
}
