//! Implements `#[derive(Command)]`: a type declares one command and its name.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Fields, LitStr};

use crate::{
    attribute::{
        self,
        args::Args,
        grammar::{Grammar, Target},
        key,
        names::check_name,
    },
    diagnostics::{Errors, Help},
    fallback,
    runtime::runtime,
};

const STRUCT: Grammar<'_> = Grammar {
    attribute: "command",
    name: "command name",
    example: "create_order",
    options: &["key", "reply", "topic", "crate"],
    target: Target::Struct,
};
/// An enum does not support `key`: its variants have no common field.
const ENUM: Grammar<'_> = Grammar { options: &["reply", "topic", "crate"], target: Target::Enum, ..STRUCT };

pub(crate) fn derive(tokens: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let example = attribute::snake_case(&input.ident);
    let grammar = match &input.data {
        Data::Enum(_) => Grammar { example: &example, ..ENUM },
        _ => Grammar { example: &example, ..STRUCT },
    };
    let args = match &input.data {
        Data::Struct(data) => struct_args(&input, &data.fields, &grammar, &errors),
        Data::Enum(data) => {
            let args = attribute::read(&input.attrs, &grammar, Some(&input.ident), &errors);
            check_variants(data, args.name.as_ref(), &errors);
            args
        }
        Data::Union(data) => {
            let message = format!("`Command` cannot be derived for the union `{}`", input.ident);
            errors.at(data.union_token, Help(message, "use a struct or an enum"));
            Args::default()
        }
    };
    if let Some(name) = &args.name {
        check_name(name, &grammar, &errors);
    }
    if errors.any() {
        return fallback::command_and_errors(&input, args.options.runtime.as_ref(), errors);
    }
    let errors = errors.finish();
    let command = expand(&input, &args);
    quote!(#command #errors)
}

fn struct_args(input: &DeriveInput, fields: &Fields, grammar: &Grammar<'_>, errors: &Errors) -> Args {
    let args = attribute::read(&input.attrs, grammar, Some(&input.ident), errors);
    if let Some(field) = args.options.key.as_ref().and_then(|key| key.first()) {
        key::check(&input.ident, fields, field, errors);
    }
    args
}

fn check_variants(data: &DataEnum, name: Option<&LitStr>, errors: &Errors) {
    let help = match name.map(LitStr::value) {
        Some(name) => {
            format!("remove it: the whole enum is the command `{name}`; for several commands, write a type for each")
        }
        None => "move it to the enum; for several commands, write a type for each".to_owned(),
    };
    let attributes = data.variants.iter().flat_map(|variant| &variant.attrs);
    for attribute in attributes.filter(|attribute| attribute.path().is_ident("command")) {
        let message = "`#[command]` is not allowed on a variant: a command enum is one command";
        errors.at(attribute.path(), Help(message, &help));
    }
}

fn expand(input: &DeriveInput, args: &Args) -> TokenStream {
    let runtime = runtime(args.options.runtime.as_ref());
    let ident = &input.ident;
    let (generics, arguments, clause) = input.generics.split_for_impl();
    let name = &args.name;
    let topic = args.options.topic.as_ref().map(|topic| {
        quote! {
            const TOPIC: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(#topic);
        }
    });
    let reply = args.options.reply.as_ref().map_or_else(|| quote!(()), |reply| quote!(#reply));
    let key = args.options.key.as_ref().map(|key| key::of_self(key, &runtime));
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications)]
        impl #generics #runtime::Command for #ident #arguments #clause {
            const NAME: &'static ::core::primitive::str = #name;
            #topic
            type Reply = #reply;
            #key
        }
    }
}
