//! Tests what editors rely on. The function is emitted unchanged, token by token, even if the attribute is wrong or the
//! body is half-typed. The generated code repeats the tokens of the function's types, so that go-to-definition, hover
//! and rename work. The compile-fail cases test the spans: each underlines some of these tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::{
    command, event,
    handler::{self, Kind},
};

fn expansion(args: &str, item: &TokenStream) -> String {
    handler::expand(Kind::Command, args.parse().unwrap(), item).to_string()
}

fn function() -> TokenStream {
    quote! {
        /// Creates.
        #[inline]
        pub(crate) async fn create(State(users): State<Users>, user: CreateUser) -> Result<UserCreated, UserError> {
            users.insert(user).await
        }
    }
}

#[test]
fn a_wrong_attribute_leaves_the_function_unchanged() {
    for args in [
        "",
        "create",
        "\"create user\"",
        "\"create\", retry()",
        "\"a\" \"b\"",
        "= 3",
        "retry(,)",
        ",",
        "timeout = , x = <",
    ] {
        let expansion = expansion(args, &function());
        assert!(expansion.starts_with(&function().to_string()), "{args}: {expansion}");
    }
}

#[test]
fn a_half_typed_body_keeps_the_function_and_its_registration() {
    // Editors close open delimiters before they expand a macro.
    for body in
        ["let x = ;", "users.", "match user {}", "if", "users.insert()", "let Some(x) = x else", "@ # $ ~ ;; =>"]
    {
        let body: TokenStream = body.parse().unwrap();
        let item = quote!(async fn create(State(users): State<Users>, user: CreateUser) -> UserCreated { #body });
        let expansion = expansion("\"create\"", &item);
        assert!(expansion.starts_with(&item.to_string()), "{expansion}");
        assert!(
            expansion.contains("Handler :: command (\"create\"") && !expansion.contains("compile_error"),
            "{expansion}"
        );
    }
}

#[test]
fn other_items_are_kept() {
    for item in [
        quote!(
            struct A;
        ),
        quote!(impl A { fn a() {} }),
        quote!(fn broken(a: ) {}),
        quote!(async fn),
        quote!(let a = 1;),
    ] {
        let expansion = expansion("\"a\"", &item);
        assert!(expansion.starts_with(&item.to_string()) && expansion.contains("compile_error"), "{expansion}");
    }
}

#[test]
fn the_generated_code_repeats_the_types_of_the_function() {
    let expansion = expansion("\"create\"", &function());
    for ty in
        ["extract :: < State < Users >", "decode :: < CreateUser >", "outcome :: < Result < UserCreated , UserError >"]
    {
        assert!(expansion.contains(ty), "{ty}: {expansion}");
    }
}

#[test]
fn a_derive_with_an_error_still_implements_its_trait() {
    let item = quote! {
        #[event()]
        #[command()]
        struct CreateUser { name: String }
    };
    for expansion in [command::derive(item.clone()), event::derive(item)] {
        let idents: Vec<_> = expansion.into_iter().filter(|token| matches!(token, TokenTree::Ident(_))).collect();
        let idents: Vec<_> = idents.iter().map(ToString::to_string).collect();
        assert!(
            idents.iter().any(|ident| ident == "compile_error") && idents.iter().any(|ident| ident == "impl"),
            "{idents:?}"
        );
    }
}
