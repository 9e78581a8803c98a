//! The macros of `kafka-service`. Use them from there: this crate is an implementation detail of it.
//!
//! Each macro goes one way: tokens -> arguments and item -> a checked model -> tokens. After the model nothing can fail.
//!
//! With the environment variable `KAFKA_SERVICE_MACROS_DEBUG` set, what each macro adds is printed while the crate compiles.

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
mod grammar;
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
    handler(Kind::Command, args, item)
}

/// Documented at its re-export, `kafka_service::event`.
#[proc_macro_attribute]
pub fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    handler(Kind::Event, args, item)
}

fn handler(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let item = item.into();
    let expansion = expand::handler(kind, args.into(), &item);
    // The user's function comes first and as it was.
    print(expansion.clone().into_iter().skip(item.into_iter().count()).collect());
    expansion.into()
}

/// Documented at its re-export, `kafka_service::Command`.
#[proc_macro_derive(Command, attributes(command))]
pub fn derive_command(item: TokenStream) -> TokenStream {
    let expansion = command::derive(item.into());
    print(expansion.clone());
    expansion.into()
}

/// Documented at its re-export, `kafka_service::Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    let expansion = event::derive(item.into());
    print(expansion.clone());
    expansion.into()
}

#[expect(clippy::print_stderr, reason = "asked for by an environment variable; a macro has no other way to show text")]
fn print(expansion: proc_macro2::TokenStream) {
    if std::env::var_os("KAFKA_SERVICE_MACROS_DEBUG").is_some() {
        eprintln!("{}\n", print::text(expansion));
    }
}
