//! Implements `#[derive(Classify)]`: an error type says which of its errors are permanent.

mod class;
mod expand;

use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Member, Path, Type, Variant};

use self::class::{Class, reject_on_fields};
use crate::{
    attribute,
    diagnostics::{Errors, Help},
};

/// A checked error type.
struct ErrorType<'a> {
    ident: &'a Ident,
    runtime: Option<Path>,
    /// The class of the type. Without one, the sources of an error decide.
    class: Option<Class>,
    cases: Vec<Case<'a>>,
}

/// A variant of an error type, or the whole struct.
struct Case<'a> {
    variant: Option<&'a Ident>,
    /// Its own class, or that of the type.
    class: Option<Class>,
    /// The field of an error that `thiserror` makes `transparent`: the error has the source of this field as its own, so
    /// the field itself is hidden.
    inner: Option<(Member, &'a Type)>,
}

pub(crate) fn derive(tokens: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let error_type = ErrorType::new(&input, &errors);
    let expansion = (!errors.any()).then(|| expand::error_type(&error_type));
    let errors = errors.finish();
    quote::quote!(#expansion #errors)
}

impl<'a> ErrorType<'a> {
    fn new(input: &'a DeriveInput, errors: &Errors) -> Self {
        let ident = &input.ident;
        let runtime = attribute::runtime_option(&input.attrs, "classify", errors);
        check_generics(input, errors);
        let class = Class::of(&input.attrs, ident, errors);
        let cases = match &input.data {
            Data::Enum(data) => data.variants.iter().map(|variant| Case::of_variant(variant, class, errors)).collect(),
            Data::Struct(data) => {
                check_fields(&data.fields, "struct", errors);
                vec![Case { variant: None, class, inner: inner(&input.attrs, &data.fields) }]
            }
            Data::Union(data) => {
                let message = format!("`Classify` cannot be derived for the union `{ident}`");
                errors.at(data.union_token, Help(message, "use a struct or an enum"));
                Vec::new()
            }
        };
        let has_effect = |case: &Case<'_>| case.class.is_some() || case.inner.is_some();
        if class.is_none() && !cases.iter().any(has_effect) && !errors.any() {
            let place = if matches!(input.data, Data::Enum(_)) { "a variant, or to the enum" } else { "the struct" };
            let message = format!("`Classify` has no effect on `{ident}`: it has no error class");
            let help = format!("add `#[permanent]`, `#[retryable]` or `#[retry_after(\"1m\")]` to {place}");
            errors.at(ident, Help(message, help));
        }
        Self { ident, runtime, class, cases }
    }
}

impl<'a> Case<'a> {
    fn of_variant(variant: &'a Variant, of_type: Option<Class>, errors: &Errors) -> Self {
        check_fields(&variant.fields, "variant", errors);
        let class = Class::of(&variant.attrs, &variant.ident, errors).or(of_type);
        Self { variant: Some(&variant.ident), class, inner: inner(&variant.attrs, &variant.fields) }
    }
}

/// The only field, if there is `#[error(transparent)]`.
fn inner<'a>(attributes: &[Attribute], fields: &'a Fields) -> Option<(Member, &'a Type)> {
    let is_transparent = |attribute: &Attribute| {
        attribute.path().is_ident("error") && attribute.parse_args::<Ident>().is_ok_and(|word| word == "transparent")
    };
    attributes.iter().find(|attribute| is_transparent(attribute))?;
    Some((fields.members().next()?, &fields.iter().next()?.ty))
}

fn check_fields(fields: &Fields, owner: &str, errors: &Errors) {
    fields.iter().for_each(|field| reject_on_fields(&field.attrs, owner, errors));
}

/// Rejects parameters: an error is recognized by its type, of which there must be one.
fn check_generics(input: &DeriveInput, errors: &Errors) {
    if input.generics.params.is_empty() {
        return;
    }
    let message = format!("`Classify` cannot be derived for `{}`: it is generic", input.ident);
    let help = "remove the parameters, or call `KafkaService::classify` for each concrete type that handlers return";
    errors.at(&input.generics, Help(message, help));
}
