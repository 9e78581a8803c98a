//! `#[derive(Event)]`: a struct is one event, an enum is one for each variant.

pub(crate) mod expand;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Fields, Ident, LitStr, Member, Meta, Path, Token, punctuated::Punctuated,
};

use crate::{
    args::{Args, Grammar, check_name, missing_name},
    diagnostics::{Errors, Help, closest_first},
    fallback,
};

const STRUCT: Grammar = Grammar { name: "event type", example: "order.created", options: &["key", "crate"] };
const ENUM: Grammar = Grammar { options: &["crate"], ..STRUCT };
const VARIANT: Grammar = Grammar { options: &["key"], ..STRUCT };

/// A checked event type.
struct EventType<'a> {
    input: &'a DeriveInput,
    runtime: Option<Path>,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Struct(Fact),
    Enum(Vec<(&'a Ident, Fact)>),
}

/// What one `#[event(..)]` says.
struct Fact {
    name: LitStr,
    key: Option<Punctuated<Member, Token![.]>>,
    /// Without fields the payload is `{}`, where serde would write `null`.
    has_fields: bool,
}

pub(crate) fn derive(tokens: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let (grammar, example) = match &input.data {
        Data::Enum(_) => (&ENUM, None),
        _ => (&STRUCT, Some(&input.ident)),
    };
    let args = attribute(&input.attrs, grammar, example, &errors);
    let runtime = args.runtime.clone();
    match EventType::new(&input, args, &errors) {
        Some(event) if !errors.any() => {
            let errors = errors.finish();
            let event = expand::event(&event);
            quote::quote!(#event #errors)
        }
        _ => fallback::event_and_errors(&input, runtime.as_ref(), errors),
    }
}

impl<'a> EventType<'a> {
    fn new(input: &'a DeriveInput, args: Args, errors: &Errors) -> Option<Self> {
        let runtime = args.runtime.clone();
        let shape = match &input.data {
            Data::Struct(data) => Shape::Struct(fact(&input.ident, &data.fields, args, &STRUCT, errors)?),
            Data::Enum(data) => Shape::Enum(variants(input, data, &args, errors)),
            Data::Union(data) => {
                errors.at(data.union_token, "a union cannot be an event: it cannot be serialized");
                return None;
            }
        };
        Some(Self { input, runtime, shape })
    }
}

fn variants<'a>(input: &DeriveInput, data: &'a DataEnum, args: &Args, errors: &Errors) -> Vec<(&'a Ident, Fact)> {
    if let Some(name) = &args.name {
        let help =
            Help("each variant of an event enum has its own event type", "put `#[event(\"..\")]` on each variant");
        errors.at(name, help);
    }
    if data.variants.is_empty() {
        errors.at(&input.ident, format!("`{}` has no variants, so there is no event to publish", input.ident));
    }
    let mut facts: Vec<(&Ident, Fact)> = Vec::new();
    for variant in &data.variants {
        let args = attribute(&variant.attrs, &VARIANT, Some(&variant.ident), errors);
        let Some(fact) = fact(&variant.ident, &variant.fields, args, &VARIANT, errors) else { continue };
        if facts.iter().any(|(_, earlier)| earlier.name.value() == fact.name.value()) {
            errors.at(&fact.name, format!("event type `{}` stands twice in `{}`", fact.name.value(), input.ident));
        }
        facts.push((&variant.ident, fact));
    }
    facts
}

fn fact(owner: &Ident, fields: &Fields, args: Args, grammar: &Grammar, errors: &Errors) -> Option<Fact> {
    if let Some(name) = &args.name {
        check_name(name, grammar, errors);
    }
    if let Some(field) = args.key.as_ref().and_then(Punctuated::first) {
        check_key(owner, fields, field, errors);
    }
    Some(Fact { name: args.name?, key: args.key, has_fields: !fields.is_empty() })
}

fn check_key(owner: &Ident, fields: &Fields, field: &Member, errors: &Errors) {
    let known: Vec<_> = fields.members().collect();
    if known.contains(field) {
        return;
    }
    if known.is_empty() {
        errors.at(field, format!("`{owner}` has no fields, so none can be the key"));
        return;
    }
    let name = |member: &Member| member.to_token_stream().to_string();
    let known: Vec<_> = known.iter().map(name).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let wanted = name(field);
    let help = format!("its fields are {}", closest_first(&wanted, &known));
    errors.at(field, Help(format!("`{owner}` has no field `{wanted}`"), help));
}

/// Reads the one `#[event(..)]` of a type or a variant. With an `owner`, a name is required.
fn attribute(attributes: &[Attribute], grammar: &Grammar, owner: Option<&Ident>, errors: &Errors) -> Args {
    let mut events = attributes.iter().filter(|attribute| attribute.path().is_ident("event"));
    let first = events.next();
    if let Some(second) = events.next() {
        let help = Help("an event has one event type", "write an enum, with an event type for each variant");
        errors.at(second.path(), help);
    }
    let args = first.map_or_else(Args::default, |attribute| arguments(attribute, grammar, errors));
    let Some(owner) = owner else { return args };
    let example = format!("#[event(\"{}\")]", example(owner));
    match first {
        None => {
            let help = format!("write `{example}` above it");
            errors.at(owner, Help(format!("`{owner}` does not say which event it is"), help));
        }
        Some(attribute) if args.name.is_none() && !args.name_is_wrong => {
            errors.at(attribute, missing_name(grammar, &example));
        }
        Some(_) => {}
    }
    args
}

fn arguments(attribute: &Attribute, grammar: &Grammar, errors: &Errors) -> Args {
    match &attribute.meta {
        Meta::Path(_) => Args::default(),
        Meta::List(list) => Args::parse(list.tokens.clone(), grammar, errors),
        Meta::NameValue(pair) => {
            let value = pair.value.to_token_stream();
            errors
                .at(pair.eq_token, Help("the event type stands in parentheses", format!("write `#[event({value})]`")));
            Args { name_is_wrong: true, ..Args::default() }
        }
    }
}

/// `UserCreated` is probably `user.created`, `UserAddressChanged` is `user.address_changed`.
fn example(owner: &Ident) -> String {
    let mut name = String::new();
    for letter in owner.to_string().trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push(if name.contains('.') { '_' } else { '.' });
        }
        name.extend(letter.to_lowercase());
    }
    name
}
