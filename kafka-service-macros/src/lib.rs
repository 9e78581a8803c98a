//! The macros of `kafka-service`. Use them through that crate: this one is an implementation detail.
//!
//! Each macro is a pipeline: tokens -> arguments and item -> checked model -> tokens. Expanding the model cannot fail.
//!
//! Set the environment variable `KAFKA_SERVICE_MACROS_DEBUG` to print the generated code while your crate compiles.

mod attribute;
mod classify;
mod command;
mod diagnostics;
mod event;
mod fallback;
mod handler;
mod print;
mod runtime;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro::TokenStream;

use self::handler::Kind;

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
    let expansion = handler::expand(kind, args.into(), &item);
    // Skip the user's function, which comes first and unchanged.
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

/// Documented at its re-export, `kafka_service::Classify`.
#[proc_macro_derive(Classify, attributes(permanent, retryable, retry_after, classify))]
pub fn derive_classify(item: TokenStream) -> TokenStream {
    let expansion = classify::derive(item.into());
    print(expansion.clone());
    expansion.into()
}

#[expect(clippy::print_stderr, reason = "opt-in by an environment variable; a macro cannot show text in another way")]
fn print(expansion: proc_macro2::TokenStream) {
    if std::env::var_os("KAFKA_SERVICE_MACROS_DEBUG").is_some() {
        eprintln!("{}\n", print::text(expansion));
    }
}
