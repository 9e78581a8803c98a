//! The expansions of the main forms, as files in `tests/expand` that are read like source code in a review.
//!
//! After a change that is meant: `KAFKA_SERVICE_BLESS=1 cargo test -p kafka-service-macros`, then look at the diff.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::quote;

use crate::{event, expand};

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
    async_handler: expand::command(quote!("create_order"), &quote! {
            /// Creates an order.
            ///
            /// Twice is an error.
            pub async fn create_order(
                State(db): State<Db>,
                order: CreateOrder,
            ) -> Result<OrderCreated, OrderError> {
                db.insert(order).await
            }
        },
    );
    blocking_handler: expand::command(quote!("resize"), &quote! {
            fn resize(id: CorrelationId, meta: Meta, image: Image) -> Resized {
                image.resize()
            }
        },
    );
    no_argument: expand::command(quote!("ping"), &quote!(async fn ping() {}));
    crate_option: expand::command(quote!("ping", crate = crate::reexport), &quote!(pub(crate) async fn r#move(_: IgnoredAny) {}),
    );
    conditions: expand::command(quote!("ping"), &quote! {
            #[cfg(unix)]
            #[cfg_attr(test, allow(dead_code), cfg(feature = "x"))]
            #[doc = include_str!("ping.md")]
            #[inline]
            async fn ping() {}
        },
    );
    errors_keep_the_item: expand::command(quote!("create order", topics = "t"), &quote!(unsafe fn create_order(&self, order: &Order) {}),
    );
    event_struct: event::derive(quote! {
        #[event("user.created", key = id)]
        struct UserCreated {
            id: Uuid,
            name: String,
        }
    });
    event_without_fields: event::derive(quote! {
        #[event("pinged", crate = crate::reexport)]
        struct Pinged;
    });
    event_generic: event::derive(quote! {
        #[event("changed", key = 0.id)]
        struct Changed<'a, T: Clone>(&'a T) where T: Send;
    });
    event_enum: event::derive(quote! {
        enum Answer {
            #[event("payment.accepted", key = order)]
            Accepted { order: u64, note: String },
            #[event("payment.refused", key = 0.order)]
            Refused(Refusal),
            #[event("payment.waiting")]
            Waiting,
        }
    });
    event_errors_keep_an_implementation: event::derive(quote! {
        #[event("user created", key = idd)]
        struct UserCreated<T> {
            id: T,
        }
    });
}
