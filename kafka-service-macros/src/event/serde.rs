//! Reads the serde attributes that decide how an enum is received.

use syn::{Attribute, Ident, Meta, Path, Token, Variant, punctuated::Punctuated};

use super::model::Representation;

/// Finds an attribute that makes serde ignore the event type when it selects the variant.
pub(super) fn representation(of_enum: &[Attribute], variants: &Punctuated<Variant, Token![,]>) -> Representation {
    let of_variants = variants.iter().flat_map(|variant| &variant.attrs);
    let mut all = of_enum.iter().chain(of_variants).flat_map(arguments);
    match all.find_map(|argument| conflict(argument.path())) {
        Some(attribute) => Representation::Chosen(attribute),
        None => Representation::Default,
    }
}

fn conflict(path: &Path) -> Option<Ident> {
    path.get_ident().filter(|name| *name == "tag" || *name == "untagged").cloned()
}

/// Whether serde never decodes this variant.
pub(super) fn skips(variant: &Variant) -> bool {
    let mut all = variant.attrs.iter().flat_map(arguments);
    all.any(|argument| argument.path().is_ident("skip") || argument.path().is_ident("skip_deserializing"))
}

/// The arguments of a serde attribute. Errors in them are reported by serde.
fn arguments(attribute: &Attribute) -> impl Iterator<Item = Meta> {
    let is_serde = attribute.path().is_ident("serde");
    let parse = || attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok();
    is_serde.then(parse).flatten().into_iter().flatten()
}
