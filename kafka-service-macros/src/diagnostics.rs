//! Collects the errors of a macro and makes sure that none is lost.

use std::cell::{Cell, RefCell};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The errors found so far. Checks continue after the first error, so that one build reports them all.
///
/// Call [`finish`](Self::finish) on every collector: dropping it would lose errors, and panics.
pub(crate) struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
    left_to_compiler: Cell<bool>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())), left_to_compiler: Cell::new(false) }
    }

    /// Reports an error at these tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: Help<impl AsRef<str>, impl AsRef<str>>) {
        self.add(syn::Error::new_spanned(tokens, message.text()));
    }

    /// Reports an error at this span.
    pub(crate) fn at_span(&self, span: Span, message: Help<impl AsRef<str>, impl AsRef<str>>) {
        self.add(syn::Error::new(span, message.text()));
    }

    pub(crate) fn add(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }

    /// Records a mistake that the compiler reports itself, so that it is not reported twice.
    pub(crate) fn leave_to_compiler(&self) {
        self.left_to_compiler.set(true);
    }

    /// Whether there was an error. If so, the item must not be expanded.
    pub(crate) fn any(&self) -> bool {
        self.left_to_compiler.get() || self.found.borrow().as_ref().is_some_and(|found| !found.is_empty())
    }

    /// Converts the errors into tokens that make the compiler report them.
    pub(crate) fn finish(self) -> TokenStream {
        let found = self.found.take().unwrap_or_default();
        found.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Errors {
    #[expect(clippy::panic, reason = "a lost error is a bug in this crate that every test run finds")]
    fn drop(&mut self) {
        if !std::thread::panicking() && self.found.borrow().is_some() {
            panic!("the collected errors were never reported");
        }
    }
}

/// An error message and its help text. Every error has both.
pub(crate) struct Help<A, B>(pub(crate) A, pub(crate) B);

impl<A: AsRef<str>, B: AsRef<str>> Help<A, B> {
    fn text(self) -> String {
        format!("{}\nhelp: {}", self.0.as_ref(), self.1.as_ref())
    }
}

/// Lists the known words, the closest to `wanted` first: `` `key`, `crate` ``.
pub(crate) fn closest_first(wanted: &str, known: &[&str]) -> String {
    let mut known = known.to_vec();
    known.sort_by_key(|word| strsim::damerau_levenshtein(wanted, word));
    list(&known)
}

/// Lists words in backquotes: `` `a`, `b`, `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "never reported")]
    fn unreported_errors_are_a_bug() {
        drop(Errors::new());
    }

    #[test]
    fn the_closest_word_comes_first() {
        assert_eq!(closest_first("kye", &["crate", "topic", "key"]), "`key`, `crate`, `topic`");
    }
}
