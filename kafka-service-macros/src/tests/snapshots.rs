//! Compares the expansions of the main forms with the files in `tests/expand`, which are reviewed like source code.
//!
//! After an intended change, run `KAFKA_SERVICE_BLESS=1 cargo test -p kafka-service-macros` and review the diff.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    classify, command as commands, event as events,
    handler::{self, Kind},
};

fn command(args: TokenStream, item: &TokenStream) -> TokenStream {
    handler(Kind::Command, args, item)
}

fn event(args: TokenStream, item: &TokenStream) -> TokenStream {
    handler(Kind::Event, args, item)
}

/// Limits the size of the generated code: it must fit on a screen together with the function.
fn handler(kind: Kind, args: TokenStream, item: &TokenStream) -> TokenStream {
    let expansion = handler::expand(kind, args, item);
    let lines = |tokens: &TokenStream| {
        let file = syn::parse2(tokens.clone());
        file.map(|file| prettyplease::unparse(&file).lines().count())
    };
    if let (Ok(all), Ok(original)) = (lines(&expansion), lines(item)) {
        assert!(all - original < 20, "{} generated lines for\n{item}", all - original);
    }
    expansion
}

fn compare(name: &str, expansion: TokenStream) {
    let file = syn::parse2(expansion).unwrap_or_else(|error| panic!("`{name}` does not expand to Rust: {error}"));
    let actual = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand").join(name).with_extension("rs");
    if env::var_os("KAFKA_SERVICE_BLESS").is_some() {
        fs::write(&path, &actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} differs; the expansion is now:\n{actual}", path.display());
}

macro_rules! snapshots {
    ($($name:ident: $expand:expr;)*) => {
        $(
            #[test]
            fn $name() {
                compare(stringify!($name), $expand);
            }
        )*
    };
}

snapshots! {
    async_handler: command(quote!("create_user"), &quote! {
            /// Creates a user.
            ///
            /// Id must be unique.
            pub async fn create(State(users): State<Users>, user: CreateUser) -> Result<UserCreated> {
                users.insert(user).await
            }
        },
    );
    blocking_handler: command(quote!("resize"), &quote! {
            fn resize(meta: Meta, image: Image) -> Resized {
                image.resize()
            }
        },
    );
    options: command(
        quote!("pay", retry(attempts = 3, backoff = "100ms..5s", deadline = "2m"), timeout = "30s", permanent = Refused::is_final, topic = "money"),
        &quote! {
            async fn pay(payment: Payment) -> Result<(), Refused> {
                payment.send().await
            }
        },
    );
    name_of_the_payload: command(quote!(), &quote!(async fn create(user: CreateUser) -> UserCreated { user.into() }));
    extractor_after_the_payload: command(quote!("a"), &quote!(async fn a(order: Order, State(db): State<Db>) {}));
    event_handler: event(quote!("payment.settled"), &quote!(async fn settle(event: PaymentSettled) {}));
    event_of_the_payload: event(quote!(retry(attempts = 1)), &quote!(fn settle(event: PaymentSettled) {}));
    no_argument: command(quote!("ping"), &quote!(async fn ping() {}));
    crate_option: command(quote!("ping", crate = crate::reexport), &quote!(pub(crate) async fn r#move(_: IgnoredAny) {}),
    );
    conditions: command(quote!("ping"), &quote! {
            #[cfg(unix)]
            #[cfg_attr(test, allow(dead_code), cfg(feature = "x"))]
            #[doc = include_str!("ping.md")]
            #[inline]
            async fn ping() {}
        },
    );
    errors_keep_the_item: command(quote!("create order", topics = "t"), &quote!(unsafe fn create_order(&self, order: &Order) {}),
    );
    command_struct: commands::derive(quote! {
        #[command("create_user", key = name, reply = UserCreated, topic = "users")]
        struct CreateUser<T> where T: Clone {
            name: T,
        }
    });
    command_enum: commands::derive(quote! {
        #[command("change_user", crate = crate::reexport)]
        enum ChangeUser { Rename(String), Remove }
    });
    command_errors_keep_an_implementation: commands::derive(quote! {
        #[command("create_user", key = nam, reply = "UserCreated")]
        struct CreateUser { name: String }
    });
    event_struct: events::derive(quote! {
        #[event("user.created", key = id)]
        struct UserCreated {
            id: Uuid,
            name: String,
        }
    });
    event_without_fields: events::derive(quote! {
        #[event("pinged", crate = crate::reexport)]
        struct Pinged;
    });
    event_generic: events::derive(quote! {
        #[event("changed", key = 0.id)]
        struct Changed<'a, T: Clone>(&'a T) where T: Send;
    });
    event_enum: events::derive(quote! {
        enum Answer {
            #[event("payment.accepted", key = order)]
            Accepted { order: u64, note: String },
            #[event("payment.refused", key = 0.order)]
            Refused(Refusal),
            #[event("payment.waiting")]
            Waiting,
        }
    });
    event_received_in_part: events::derive(quote! {
        enum Answer {
            #[event("payment.accepted")]
            Accepted { order: u64 },
            #[event("payment.refused")]
            #[serde(skip_deserializing)]
            Refused,
        }
    });
    event_only_published: events::derive(quote! {
        #[serde(tag = "status")]
        enum Answer {
            #[event("payment.accepted")]
            Accepted { order: u64 },
        }
    });
    classify_enum: classify::derive(quote! {
        enum UserError {
            #[error("the name is taken")]
            #[permanent]
            NameTaken,
            #[retry_after("1m30s")]
            TooMany { limit: u32 },
            #[retryable]
            Busy(u8),
            Database(#[from] io::Error),
        }
    });
    classify_enum_with_a_default: classify::derive(quote! {
        #[permanent]
        #[classify(crate = crate::reexport)]
        enum UserError {
            NameTaken,
            #[retryable]
            Database,
        }
    });
    classify_what_is_transparent: classify::derive(quote! {
        enum UserError {
            #[error(transparent)]
            Publish(#[from] PublishError),
            #[error(transparent)]
            #[permanent]
            Parse { source: ParseIntError },
            #[error("busy")]
            Busy,
        }
    });
    classify_struct: classify::derive(quote! {
        #[permanent]
        struct NotFound { id: u64 }
    });
    event_errors_keep_an_implementation: events::derive(quote! {
        #[event("user created", key = idd)]
        struct UserCreated<T> {
            id: T,
        }
    });
}
