//! Parses the tokens of an attribute into [`Args`]: a name, and options that occur at most once.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Ident, LitStr, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::{
    diagnostics::{Errors, Help, closest_first, list},
    grammar::{Grammar, Target, misplaced},
    options::Options,
};

/// The arguments of one attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    /// The name is malformed or in the wrong position, and the error has been reported.
    pub(crate) name_is_invalid: bool,
    pub(crate) options: Options,
    /// The arguments as written, for suggestions in help texts.
    pub(crate) tokens: TokenStream,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, grammar: &Grammar<'_>, errors: &Errors) -> Self {
        let mut args = Self { tokens: tokens.clone(), ..Self::default() };
        let mut keywords = Keywords { noun: "option", known: grammar.options, seen: Vec::new() };
        let mut first = true;
        each_argument(tokens, errors, |input| {
            if first && !at_option(input, grammar) {
                args.parse_name(input, grammar, errors);
            } else {
                args.parse_option(input, grammar, &mut keywords, errors);
            }
            first = false;
        });
        args
    }

    fn parse_name(&mut self, input: ParseStream<'_>, grammar: &Grammar<'_>, errors: &Errors) {
        if input.peek(LitStr) {
            self.name = input.parse().ok();
            return;
        }
        self.name_is_invalid = true;
        let found = until_comma(input);
        // A bare word is probably the name without its quotes. In a derive it may be the last part of an event type.
        let word = syn::parse2::<Ident>(found.clone()).map(|word| word.to_string());
        let is_part = |word: &String| {
            grammar.target != Target::Handler && grammar.example.rsplit_once('.').is_some_and(|(_, last)| last == word)
        };
        let suggestion = word.ok().filter(|word| !is_part(word)).unwrap_or_else(|| grammar.example.to_owned());
        errors.at(found, Help(format!("{} must be a string literal", grammar.name), format!("write `{suggestion:?}`")));
    }

    fn parse_option(
        &mut self,
        input: ParseStream<'_>,
        grammar: &Grammar<'_>,
        keywords: &mut Keywords,
        errors: &Errors,
    ) {
        if input.peek(LitStr) {
            let name = until_comma(input);
            if self.name.is_some() {
                errors.at(&name, grammar.second_name(&name));
            } else if !self.name_is_invalid {
                self.name_is_invalid = true;
                let message = format!("{} must be the first argument", grammar.name);
                errors.at(name, Help(message, "move it before the options"));
            }
            return;
        }
        let Some(argument) = keywords.parse(input, errors) else { return };
        if argument.keyword == "name" {
            self.name_is_invalid = true;
            let help = format!("write `{}` without `name =`", argument.value.tokens());
            let message = format!("`name` is not an option: the {} is the first argument", grammar.name);
            errors.at(argument.ident, Help(message, help));
        } else if let Some(help) = misplaced(&argument, grammar) {
            self.name_is_invalid |= self.name.is_none();
            errors.at(&argument.ident, help);
        } else if keywords.accept(&argument, errors) {
            self.options.set(&argument, errors);
        } else {
            // It may have been meant as the name: report one error, not two.
            self.name_is_invalid |= self.name.is_none();
        }
    }
}

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

    fn tokens(&self) -> &dyn std::fmt::Display {
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

/// Whether the next argument is an option and not a malformed name: a word followed by `=` or `(..)`, or a known option
/// without a value.
fn at_option(input: ParseStream<'_>, grammar: &Grammar<'_>) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    let is_alone = ahead.is_empty() || ahead.peek(Token![,]);
    ahead.peek(Token![=]) || ahead.peek(Paren) || (is_alone && grammar.options.contains(&word.to_string().as_str()))
}

/// Takes the tokens up to the next comma outside the angle brackets of a type.
fn until_comma(input: ParseStream<'_>) -> TokenStream {
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
