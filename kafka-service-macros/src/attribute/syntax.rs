//! The syntax of attribute arguments: keywords with values, separated by commas.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Ident, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::diagnostics::{Errors, Help, closest_first, list};

/// A keyword and its value: `keyword`, `keyword = value` or `keyword(value)`.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) keyword: String,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Missing,
    Equals(TokenStream),
    Parentheses(TokenStream),
}

impl Value {
    fn parse(input: ParseStream<'_>) -> Self {
        if input.parse::<Option<Token![=]>>().ok().flatten().is_some() {
            let value = until_comma(input);
            return if value.is_empty() { Self::Missing } else { Self::Equals(value) };
        }
        let group = input.peek(Paren).then(|| input.parse::<TokenTree>().ok());
        match group.flatten() {
            Some(TokenTree::Group(group)) => Self::Parentheses(group.stream()),
            _ => {
                until_comma(input);
                Self::Missing
            }
        }
    }

    pub(crate) fn tokens(&self) -> &dyn std::fmt::Display {
        match self {
            Self::Missing => &"...",
            Self::Equals(tokens) | Self::Parentheses(tokens) => tokens,
        }
    }
}

impl Argument {
    /// The keyword and its value as written.
    pub(crate) fn source_text(&self) -> String {
        match &self.value {
            Value::Missing => self.keyword.clone(),
            Value::Equals(value) => format!("{} = {value}", self.keyword),
            Value::Parentheses(value) => format!("{}({value})", self.keyword),
        }
    }

    /// The tokens that an error about the value points at: the value, or the keyword if there is no value.
    pub(crate) fn error_tokens(&self) -> TokenStream {
        match &self.value {
            Value::Equals(tokens) | Value::Parentheses(tokens) if !tokens.is_empty() => tokens.clone(),
            _ => {
                let ident = &self.ident;
                quote!(#ident)
            }
        }
    }
}

/// The keywords that a list accepts, and those seen so far.
pub(crate) struct Keywords {
    /// What messages call a keyword: `option` or `setting`.
    pub(crate) noun: &'static str,
    pub(crate) known: &'static [&'static str],
    pub(crate) seen: Vec<Ident>,
}

impl Keywords {
    /// Parses a keyword and its value.
    pub(crate) fn parse(&self, input: ParseStream<'_>, errors: &Errors) -> Option<Argument> {
        let Ok(ident) = input.call(Ident::parse_any) else {
            let help = format!("supported {}s are {}", self.noun, list(self.known));
            let article = if self.noun == "option" { "an" } else { "a" };
            errors.at(until_comma(input), Help(format!("expected {article} {}", self.noun), help));
            return None;
        };
        Some(Argument { keyword: ident.unraw().to_string(), ident, value: Value::parse(input) })
    }

    /// Whether the keyword is known and not a duplicate. If not, the error has been reported.
    pub(crate) fn accept(&mut self, argument: &Argument, errors: &Errors) -> bool {
        let Argument { ident, keyword, .. } = argument;
        if !self.known.contains(&keyword.as_str()) {
            let help = format!("supported {}s are {}", self.noun, closest_first(keyword, self.known));
            errors.at(ident, Help(format!("unknown {} `{keyword}`", self.noun), help));
        } else if self.seen.contains(ident) {
            errors.at(ident, Help(format!("duplicate {} `{keyword}`", self.noun), "remove the duplicate"));
        } else {
            self.seen.push(ident.clone());
            return true;
        }
        false
    }
}

/// Calls `parse` for each argument of a comma-separated list.
pub(crate) fn each_argument(tokens: TokenStream, errors: &Errors, mut parse: impl FnMut(ParseStream<'_>)) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            parse(input);
            end_of_argument(input, errors);
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.add(error);
    }
}

/// Takes the tokens up to the next comma outside the angle brackets of a type.
pub(crate) fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut depth = 0_i32;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        let is_arrow = input.peek(Token![->]) || input.peek(Token![=>]);
        match input.parse::<TokenTree>() {
            Ok(token) => {
                depth += match &token {
                    TokenTree::Punct(punct) if punct.as_char() == '<' => 1,
                    TokenTree::Punct(punct) if punct.as_char() == '>' => -1,
                    _ => 0,
                };
                tokens.extend([token]);
                // The `>` of an arrow is not a closing bracket.
                if is_arrow {
                    tokens.extend(input.parse::<TokenTree>().ok());
                }
            }
            Err(_) => break,
        }
    }
    tokens
}

/// Takes the comma after an argument. Any tokens before that comma are reported as one error.
fn end_of_argument(input: ParseStream<'_>, errors: &Errors) {
    if input.is_empty() {
        return;
    }
    if !input.peek(Token![,]) {
        let stray = until_comma(input);
        let help = format!("add a comma: `, {stray}`");
        errors.at(stray, Help("expected `,`", help));
    }
    input.parse::<Option<Token![,]>>().ok();
}
