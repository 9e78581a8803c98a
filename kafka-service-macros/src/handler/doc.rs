//! Reads the documentation of a function for the registry.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// Returns the doc comment as one constant expression.
pub(crate) fn text(attributes: &[Attribute]) -> Option<TokenStream> {
    let lines: Vec<_> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| attribute.meta.require_name_value().ok())
        .map(|doc| &doc.value)
        .collect();
    let texts: Option<Vec<_>> = lines.iter().map(|line| literal(line)).collect();
    match texts {
        _ if lines.is_empty() => None,
        Some(texts) => {
            let text = texts.join("\n");
            Some(quote!(#text))
        }
        // At least one line is a macro call, such as `include_str!`.
        None => Some(quote!(::core::concat!(#(#lines, "\n"),*))),
    }
}

fn literal(value: &syn::Expr) -> Option<String> {
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
}
