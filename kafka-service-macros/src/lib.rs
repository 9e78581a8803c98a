//! The macros of `kafka-service`. Use them from there: this crate is an implementation detail of it.
//!
//! Each macro goes one way: tokens -> arguments and item -> a checked model -> tokens. After the model nothing can fail.
//!
//! With the environment variable `KAFKA_SERVICE_MACROS_DEBUG` set, every expansion is printed while the crate compiles.

mod args;
mod attribute;
mod command;
mod diagnostics;
mod doc;
mod duration;
#[cfg(test)]
mod editor;
mod event;
mod expand;
mod fallback;
mod item;
mod key;
mod model;
mod names;
mod options;
mod print;
mod signature;
#[cfg(test)]
mod snapshots;

use proc_macro::TokenStream;

use self::model::Kind;

/// Documented at its re-export, `kafka_service::command`.
#[proc_macro_attribute]
pub fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    printed(expand::handler(Kind::Command, args.into(), &item.into()))
}

/// Documented at its re-export, `kafka_service::event`.
#[proc_macro_attribute]
pub fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    printed(expand::handler(Kind::Event, args.into(), &item.into()))
}

/// Documented at its re-export, `kafka_service::Command`.
#[proc_macro_derive(Command, attributes(command))]
pub fn derive_command(item: TokenStream) -> TokenStream {
    printed(command::derive(item.into()))
}

/// Documented at its re-export, `kafka_service::Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    printed(event::derive(item.into()))
}

#[expect(clippy::print_stderr, reason = "asked for by an environment variable; a macro has no other way to show text")]
fn printed(expansion: proc_macro2::TokenStream) -> TokenStream {
    if std::env::var_os("KAFKA_SERVICE_MACROS_DEBUG").is_some() {
        eprintln!("{}\n", print::text(&expansion));
    }
    expansion.into()
}
