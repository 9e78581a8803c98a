//! Parses the tokens of an attribute into [`Args`]: a name, and options that occur at most once.

use proc_macro2::TokenStream;
use syn::{Ident, LitStr, Token, ext::IdentExt, parse::ParseStream, token::Paren};

use super::{
    grammar::{Grammar, Target, misplaced},
    options::Options,
    syntax::{Keywords, each_argument, until_comma},
};
use crate::diagnostics::{Errors, Help};

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

/// Whether the next argument is an option and not a malformed name: a word followed by `=` or `(..)`, or a known option
/// without a value.
fn at_option(input: ParseStream<'_>, grammar: &Grammar<'_>) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    let is_alone = ahead.is_empty() || ahead.peek(Token![,]);
    ahead.peek(Token![=]) || ahead.peek(Paren) || (is_alone && grammar.options.contains(&word.to_string().as_str()))
}
