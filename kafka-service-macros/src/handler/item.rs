//! Parses an item into a signature, and leaves the body alone.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Signature, Token, Visibility,
    parse::{ParseStream, Parser},
};

/// A function with a parsed signature. The body is not parsed: the compiler reports its errors, on the user's lines.
pub(crate) struct HandlerItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) signature: Signature,
    pub(crate) has_body: bool,
}

/// A function, or the keyword and the kind of another item.
pub(crate) enum Item {
    Function(Box<HandlerItem>),
    Other { keyword: TokenTree, kind: &'static str },
}

impl Item {
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        Self::parse_item.parse2(tokens)
    }

    fn parse_item(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        if let Some((keyword, kind)) = other_item(input) {
            input.parse::<TokenStream>()?;
            return Ok(Self::Other { keyword, kind });
        }
        // `default fn` and a missing body need no special case: parsing or checking the signature reports them.
        let signature = input.parse()?;
        let rest: TokenStream = input.parse()?;
        Ok(Self::Function(Box::new(HandlerItem { attributes, signature, has_body: ends_in_braces(rest) })))
    }
}

fn ends_in_braces(tokens: TokenStream) -> bool {
    matches!(tokens.into_iter().last(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

/// The items that are not functions, by their keyword.
const KINDS: &[(&str, &str)] = &[
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("mod", "a module"),
    ("impl", "an `impl` block"),
    ("trait", "a trait"),
    ("static", "a static"),
    ("type", "a type alias"),
    ("use", "a `use` declaration"),
    ("macro_rules", "a macro"),
];

/// Finds the keyword of an item that is not a function, after any qualifiers.
fn other_item(input: ParseStream<'_>) -> Option<(TokenTree, &'static str)> {
    let ahead = input.fork();
    let mut constant = None;
    loop {
        if ahead.peek(Token![fn]) {
            return None;
        }
        let Ok(token) = ahead.parse::<TokenTree>() else { break };
        match token.to_string().as_str() {
            "const" => constant = Some(token),
            "unsafe" | "async" | "default" | "auto" | "safe" => {}
            // `extern "C" fn`, `extern "C" { .. }` and `extern crate`.
            "extern" => {
                ahead.parse::<Option<syn::LitStr>>().ok();
                if !ahead.peek(Token![fn]) {
                    return Some((token, "an `extern` item"));
                }
            }
            word => {
                let kind = KINDS.iter().find(|(keyword, _)| *keyword == word);
                return kind.map(|&(_, kind)| (token, kind)).or(constant.map(|constant| (constant, "a constant")));
            }
        }
    }
    constant.map(|constant| (constant, "a constant"))
}

impl HandlerItem {
    /// The attributes that decide whether the function is compiled. The generated code repeats them.
    pub(crate) fn cfg_attributes(&self) -> TokenStream {
        self.attributes.iter().filter_map(cfg_attribute).collect()
    }
}

fn cfg_attribute(attribute: &Attribute) -> Option<TokenStream> {
    if attribute.path().is_ident("cfg") {
        return Some(attribute.to_token_stream());
    }
    // Keep only the `cfg` parts of `#[cfg_attr(condition, a, cfg(b), ..)]`.
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let list = attribute.meta.require_list().ok()?;
    let parts = list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, Token![,]>::parse_terminated).ok()?;
    let mut parts = parts.iter();
    let predicate = parts.next()?;
    let kept: Vec<_> = parts.filter(|part| part.path().is_ident("cfg")).collect();
    (!kept.is_empty()).then(|| quote::quote!(#[cfg_attr(#predicate, #(#kept),*)]))
}
