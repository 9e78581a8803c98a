//! Tokens that several expansions write.

use proc_macro2::Span;
use syn::LitInt;

/// Formats `30000` as `30_000`.
pub(crate) fn number(number: u64) -> LitInt {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    LitInt::new(&text, Span::call_site())
}
