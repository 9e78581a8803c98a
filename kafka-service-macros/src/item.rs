//! Item tokens to a signature with an untouched body.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Signature, Token, Visibility,
    parse::{ParseStream, Parser},
};

/// A function of which only the signature was read. A mistake in the body stays the compiler's, on the user's line.
pub(crate) struct HandlerItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) signature: Signature,
    pub(crate) has_body: bool,
}

/// The item, or the keyword that says what else it is.
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
        // The body of a trait's function and `default fn` need no words of their own: the signature says enough.
        let signature = input.parse()?;
        let rest: TokenStream = input.parse()?;
        Ok(Self::Function(Box::new(HandlerItem { attributes, signature, has_body: ends_in_braces(rest) })))
    }
}

fn ends_in_braces(tokens: TokenStream) -> bool {
    matches!(tokens.into_iter().last(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

/// Every kind of item that is no function, by the word that it starts with.
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

/// Looks for the item's keyword, past the words that may stand before it.
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
    /// The attributes that decide whether the function exists: what stands beside it has to follow.
    pub(crate) fn cfg_attributes(&self) -> TokenStream {
        self.attributes.iter().filter_map(cfg_attribute).collect()
    }
}

fn cfg_attribute(attribute: &Attribute) -> Option<TokenStream> {
    if attribute.path().is_ident("cfg") {
        return Some(attribute.to_token_stream());
    }
    // Of `#[cfg_attr(condition, a, cfg(b), ..)]` only the parts that are conditions themselves.
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
