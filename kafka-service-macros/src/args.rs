//! Attribute tokens to [`Args`]: a name and options, each option at most once.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Ident, LitStr, Member, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::diagnostics::{Errors, Help, Message, closest_first, list};

/// What an attribute may hold. The two attributes differ in their words and in their options, not in their form:
///
/// `#[command("name")]`
/// `#[command("name", option = value, ..)]`
/// `#[event(option = value, ..)]`
pub(crate) struct Grammar {
    /// What the first argument is called in messages.
    pub(crate) name: &'static str,
    /// What a name looks like.
    pub(crate) example: &'static str,
    pub(crate) options: &'static [&'static str],
}

/// The arguments of one attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    /// Something stands where the name should, and the error for it has been reported.
    pub(crate) name_is_wrong: bool,
    /// Where the runtime crate is, if not at `::kafka_service`.
    pub(crate) runtime: Option<Path>,
    /// The field that is an event's key: `id`, `0` or `user.id`.
    pub(crate) key: Option<Punctuated<Member, Token![.]>>,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, grammar: &Grammar, errors: &Errors) -> Self {
        let mut args = Self::default();
        let parser = |input: ParseStream<'_>| {
            args.parse_all(input, grammar, errors);
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.add(error);
        }
        args
    }

    fn parse_all(&mut self, input: ParseStream<'_>, grammar: &Grammar, errors: &Errors) {
        let mut seen = Vec::new();
        let mut first = true;
        while !input.is_empty() {
            if first && !at_option(input, grammar) {
                self.parse_name(input, grammar, errors);
            } else {
                self.parse_option(input, grammar, &mut seen, errors);
            }
            first = false;
            end_of_argument(input, errors);
        }
    }

    fn parse_name(&mut self, input: ParseStream<'_>, grammar: &Grammar, errors: &Errors) {
        if input.peek(LitStr) {
            self.name = input.parse().ok();
            return;
        }
        self.name_is_wrong = true;
        let found = until_comma(input);
        // A word was probably meant as it stands and lacks nothing but the quotes.
        let meant = syn::parse2::<Ident>(found.clone()).map_or(grammar.example.to_owned(), |word| word.to_string());
        errors.at(found, Help(format!("the {} must be a string literal", grammar.name), format!("write `{meant:?}`")));
    }

    fn parse_option(&mut self, input: ParseStream<'_>, grammar: &Grammar, seen: &mut Vec<Ident>, errors: &Errors) {
        let supported = || format!("supported options are {}", list(grammar.options));
        let Ok(option) = input.call(Ident::parse_any) else {
            errors.at(until_comma(input), Help("expected an option", supported()));
            return;
        };
        let word = option.unraw().to_string();
        let has_value = input.parse::<Option<Token![=]>>().ok().flatten().is_some();
        let value = until_comma(input);
        if word == "name" {
            self.name_is_wrong = true;
            let help = format!("write `{value}` without `name =`");
            errors.at(option, Help(format!("the {} is the first argument and not an option", grammar.name), help));
        } else if !grammar.options.contains(&word.as_str()) {
            // It may stand where the name should; one mistake at a time.
            self.name_is_wrong |= self.name.is_none();
            let known = closest_first(&word, grammar.options);
            errors.at(option, Help(format!("unknown option `{word}`"), format!("supported options are {known}")));
        } else if seen.contains(&option) {
            errors.at(option, format!("`{word}` is given more than once"));
        } else {
            self.set(&option, &word, has_value.then_some(value), errors);
            seen.push(option);
        }
    }

    fn set(&mut self, option: &Ident, word: &str, value: Option<TokenStream>, errors: &Errors) {
        let value = value.filter(|value| !value.is_empty());
        let place = value.clone().unwrap_or_else(|| quote!(#option));
        let value = value.unwrap_or_default();
        match word {
            "crate" => match Path::parse_mod_style.parse2(value) {
                Ok(path) => self.runtime = Some(path),
                Err(_) => errors.at(place, Help("`crate` takes a path", "write `crate = my::path`")),
            },
            _ => match Punctuated::parse_separated_nonempty.parse2(value) {
                Ok(members) => self.key = Some(members),
                Err(_) => errors.at(place, Help("`key` takes the name of a field", "write `key = id`")),
            },
        }
    }
}

/// Whether an option stands here, rather than something that is meant as the name: a word with `=` behind it, or a known
/// option whose value was forgotten.
fn at_option(input: ParseStream<'_>, grammar: &Grammar) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    let is_alone = ahead.is_empty() || ahead.peek(Token![,]);
    ahead.peek(Token![=]) || (is_alone && grammar.options.contains(&word.to_string().as_str()))
}

/// Takes the tokens up to the next comma.
fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => tokens.extend([token]),
            Err(_) => break,
        }
    }
    tokens
}

/// Takes the comma behind an argument. What else stands there is one mistake, however long it is.
fn end_of_argument(input: ParseStream<'_>, errors: &Errors) {
    if input.is_empty() {
        return;
    }
    if !input.peek(Token![,]) {
        errors.at(until_comma(input), "expected `,`");
    }
    input.parse::<Option<Token![,]>>().ok();
}

/// The longest name: long enough for everything that people write by hand, short enough for a header and a log line.
const LONGEST_NAME: usize = 200;

/// Checks a name that goes over the wire and into logs, headers and file names.
pub(crate) fn check_name(name: &LitStr, grammar: &Grammar, errors: &Errors) {
    let (what, text) = (grammar.name, name.value());
    if text.trim().is_empty() {
        errors.at(name, format!("the {what} must not be empty"));
    } else if let Some(letter) = text.chars().find(|&letter| !is_allowed(letter)) {
        let message = format!("{what} `{}` contains `{}`", text.escape_debug(), letter.escape_debug());
        errors.at(name, Help(message, "use ASCII letters, digits, `_`, `-` and `.`"));
    } else if text.len() > LONGEST_NAME {
        errors.at(name, format!("the {what} is {} characters long, but {LONGEST_NAME} is the limit", text.len()));
    }
}

fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

/// The message for an attribute without a name.
pub(crate) fn missing_name(grammar: &Grammar, example: &str) -> impl Message {
    Help(format!("the {} is missing", grammar.name), format!("write `{example}`"))
}
