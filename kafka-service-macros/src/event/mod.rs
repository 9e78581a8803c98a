//! Implements `#[derive(Event)]`: a struct is one event, an enum is one event per variant.

mod expand;
mod model;
mod serde;

use proc_macro2::TokenStream;
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, LitStr, Variant, punctuated::Punctuated};

use self::model::{EventSpec, EventType, Shape};
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
};

const STRUCT: Grammar<'_> = Grammar {
    attribute: "event",
    name: "event type",
    example: "order.created",
    options: &["key", "crate"],
    target: Target::Struct,
};
const ENUM: Grammar<'_> = Grammar { options: &["crate"], target: Target::Enum, ..STRUCT };

pub(crate) fn derive(tokens: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    // The likely event type of `UserCreated` is `user.created`.
    let example = attribute::snake_case(&input.ident).replacen('_', ".", 1);
    let (grammar, owner) = match &input.data {
        Data::Enum(_) => (Grammar { example: &example, ..ENUM }, None),
        _ => (Grammar { example: &example, ..STRUCT }, Some(&input.ident)),
    };
    let args = attribute::read(&input.attrs, &grammar, owner, &errors);
    let runtime = args.options.runtime.clone();
    match EventType::new(&input, args, &grammar, &errors) {
        Some(event) if !errors.any() => {
            let errors = errors.finish();
            let event = expand::event(&event);
            quote::quote!(#event #errors)
        }
        _ => fallback::event_and_errors(&input, runtime.as_ref(), errors),
    }
}

impl<'a> EventType<'a> {
    fn new(input: &'a DeriveInput, args: Args, grammar: &Grammar<'_>, errors: &Errors) -> Option<Self> {
        let runtime = args.options.runtime.clone();
        let shape = match &input.data {
            Data::Struct(data) => Shape::Struct(event_spec(&input.ident, &data.fields, args, grammar, errors)?),
            Data::Enum(data) => {
                let representation = serde::representation(&input.attrs, &data.variants);
                Shape::Enum(variants(input, data, &args, grammar, errors), representation)
            }
            Data::Union(data) => {
                let message = format!("`Event` cannot be derived for the union `{}`", input.ident);
                errors.at(data.union_token, Help(message, "use a struct, or an enum for several events"));
                return None;
            }
        };
        Some(Self { input, runtime, shape })
    }
}

fn variants<'a>(
    input: &DeriveInput,
    data: &'a DataEnum,
    args: &Args,
    grammar: &Grammar<'_>,
    errors: &Errors,
) -> Vec<(&'a Ident, EventSpec)> {
    let names: Vec<_> = data.variants.iter().filter_map(name_of).collect();
    if let Some(name) = &args.name {
        let help = if !names.is_empty() && names.len() == data.variants.len() {
            "remove it"
        } else {
            "add `#[event(\"...\")]` to each variant instead"
        };
        let message = format!("the enum `{}` cannot have an event type: each variant has its own", input.ident);
        errors.at(name, Help(message, help));
    }
    if data.variants.is_empty() {
        let message = format!("`Event` cannot be derived for `{}`: the enum has no variants", input.ident);
        errors.at(&input.ident, Help(message, "add a variant for each event, with `#[event(\"...\")]` above it"));
    }
    let sibling = names.iter().find_map(|name| name.rsplit_once('.'));
    let (entity, _) = sibling.or(grammar.example.split_once('.')).unwrap_or((grammar.example, ""));
    let owner = input.ident.to_string();
    let mut specs: Vec<(&Ident, EventSpec)> = Vec::new();
    for variant in &data.variants {
        let example = format!("{entity}.{}", attribute::snake_case(&variant.ident));
        let grammar = Grammar { example: &example, options: &["key"], target: Target::Variant(&owner), ..*grammar };
        let args = attribute::read(&variant.attrs, &grammar, Some(&variant.ident), errors);
        let Some(spec) = event_spec(&variant.ident, &variant.fields, args, &grammar, errors) else { continue };
        if specs.iter().any(|(_, earlier)| earlier.name.value() == spec.name.value()) {
            let message = format!("duplicate event type `{}` in `{}`", spec.name.value(), input.ident);
            errors.at(&spec.name, Help(message, "give each variant its own event type"));
        }
        specs.push((&variant.ident, EventSpec { is_received: !serde::skips(variant), ..spec }));
    }
    specs
}

/// Returns the event type of a variant, if its attribute has one.
fn name_of(variant: &Variant) -> Option<String> {
    let attribute = variant.attrs.iter().find(|attribute| attribute.path().is_ident("event"))?;
    let first = attribute.meta.require_list().ok()?.tokens.clone().into_iter().next()?;
    syn::parse2::<LitStr>(first.into()).ok().map(|name| name.value())
}

fn event_spec(owner: &Ident, fields: &Fields, args: Args, grammar: &Grammar<'_>, errors: &Errors) -> Option<EventSpec> {
    if let Some(name) = &args.name {
        check_name(name, grammar, errors);
    }
    if let Some(field) = args.options.key.as_ref().and_then(Punctuated::first) {
        key::check(owner, fields, field, errors);
    }
    Some(EventSpec { name: args.name?, key: args.options.key, has_fields: !fields.is_empty(), is_received: true })
}
