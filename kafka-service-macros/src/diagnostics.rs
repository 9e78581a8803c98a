//! The text of every compiler message, and the collector that makes sure that none is lost.

use std::cell::{Cell, RefCell};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far. Checking goes on after the first, so that one build shows them all.
///
/// Whoever makes a collector has to [`finish`](Self::finish) it; dropping it unread would swallow mistakes, and panics.
pub(crate) struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
    left_to_compiler: Cell<bool>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())), left_to_compiler: Cell::new(false) }
    }

    /// Reports a mistake at the tokens that hold it.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: Help<impl AsRef<str>, impl AsRef<str>>) {
        self.add(syn::Error::new_spanned(tokens, message.text()));
    }

    /// Reports a mistake at a place.
    pub(crate) fn at_span(&self, span: Span, message: Help<impl AsRef<str>, impl AsRef<str>>) {
        self.add(syn::Error::new(span, message.text()));
    }

    pub(crate) fn add(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }

    /// There is a mistake here for which the compiler has an error of its own. Ours would be the second for one mistake.
    pub(crate) fn leave_to_compiler(&self) {
        self.left_to_compiler.set(true);
    }

    /// Whether there was a mistake, so that nothing may be expanded.
    pub(crate) fn any(&self) -> bool {
        self.left_to_compiler.get() || self.found.borrow().as_ref().is_some_and(|found| !found.is_empty())
    }

    /// The mistakes as tokens that make the compiler print them.
    pub(crate) fn finish(self) -> TokenStream {
        let found = self.found.take().unwrap_or_default();
        found.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Errors {
    #[expect(clippy::panic, reason = "a lost mistake is a mistake of ours, and every test run finds it")]
    fn drop(&mut self) {
        if !std::thread::panicking() && self.found.borrow().is_some() {
            panic!("the collected errors were never looked at");
        }
    }
}

/// What is wrong, and what to write instead: no message is without the second.
pub(crate) struct Help<A, B>(pub(crate) A, pub(crate) B);

impl<A: AsRef<str>, B: AsRef<str>> Help<A, B> {
    fn text(self) -> String {
        format!("{}\nhelp: {}", self.0.as_ref(), self.1.as_ref())
    }
}

/// The closest of the known words first, the others in their own order: `` `key`, `crate` ``.
pub(crate) fn closest_first(wanted: &str, known: &[&str]) -> String {
    let mut known = known.to_vec();
    known.sort_by_key(|word| strsim::damerau_levenshtein(wanted, word));
    list(&known)
}

/// `` `a`, `b`, `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "never looked at")]
    fn unreported_errors_are_a_bug() {
        drop(Errors::new());
    }

    #[test]
    fn the_closest_word_comes_first() {
        assert_eq!(closest_first("kye", &["crate", "topic", "key"]), "`key`, `crate`, `topic`");
    }
}
