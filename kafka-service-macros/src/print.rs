//! Prints an expansion as readable text: one line per statement, indented by braces. A real formatter would be a large
//! dependency for every service.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A longer line breaks at the next call of a chain.
const MAX_CHAIN_WIDTH: usize = 90;

pub(crate) fn text(tokens: TokenStream) -> String {
    let mut printer = Printer::default();
    printer.stream(tokens);
    printer.text
}

#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
    /// The next token starts a new line.
    line_is_done: bool,
    /// The last token was the first half of an operator such as `::`.
    is_joined: bool,
    /// Between the bars of a closure's arguments.
    in_bars: bool,
}

impl Printer {
    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Group(group) => self.group(group.delimiter(), group.stream()),
                TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => {
                    tokens.next();
                    self.word("::");
                }
                TokenTree::Punct(punct) => {
                    self.word(&punct.to_string());
                    self.is_joined = punct.spacing() == Spacing::Joint;
                    self.line_is_done = punct.as_char() == ';';
                }
                TokenTree::Ident(_) | TokenTree::Literal(_) => self.word(&token.to_string()),
            }
        }
    }

    fn group(&mut self, delimiter: Delimiter, content: TokenStream) {
        let is_attribute = self.text.ends_with('#');
        match delimiter {
            Delimiter::Brace => return self.braces(content),
            Delimiter::Parenthesis => self.word("("),
            Delimiter::Bracket => self.word("["),
            Delimiter::None => {}
        }
        self.stream(content);
        self.line_is_done = is_attribute;
        match delimiter {
            Delimiter::Parenthesis => self.text.push(')'),
            Delimiter::Bracket => self.text.push(']'),
            Delimiter::Brace | Delimiter::None => {}
        }
    }

    fn braces(&mut self, content: TokenStream) {
        self.word("{");
        if !content.is_empty() {
            self.depth += 1;
            self.line_is_done = true;
            self.stream(content);
            self.depth -= 1;
            self.new_line();
        }
        self.text.push('}');
        self.line_is_done = true;
    }

    fn word(&mut self, word: &str) {
        let column = self.text.len() - self.text.rfind('\n').map_or(0, |end| end + 1);
        let continues = matches!(word, ";" | "," | "." | "?" | ")");
        if self.line_is_done && !continues {
            self.new_line();
        } else if word == "." && self.text.ends_with(')') && column > MAX_CHAIN_WIDTH {
            self.depth += 1;
            self.new_line();
            self.depth -= 1;
        } else if self.needs_space(word) {
            self.text.push(' ');
        }
        self.in_bars ^= word == "|";
        (self.is_joined, self.line_is_done) = (false, false);
        self.text.push_str(word);
    }

    /// The rules cover the code that these macros generate: types, calls and closures, but no arithmetic.
    fn needs_space(&self, word: &str) -> bool {
        let Some(last) = self.text.chars().last() else { return false };
        let is_apart = |word: &str| matches!(word, "use" | "impl" | "for" | "where" | "'static");
        let last_word = self.text.rsplit([' ', '&', '<', '(', '\n']).next().unwrap_or_default();
        let after_colon = last == ':' && !self.text.ends_with("::");
        let opens = matches!(last, ',' | '=') || self.text.ends_with("->") || after_colon || is_apart(last_word);
        match word {
            _ if self.is_joined || last.is_whitespace() => false,
            "," | ";" | "." | "?" | ":" | "!" | "<" | ")" => false,
            "::" | "(" | "[" => opens,
            "{" => true,
            ">" => last == '=',
            "|" => !self.in_bars && last != '(',
            _ if last == '|' => !self.in_bars,
            _ if last == ':' => after_colon,
            _ => last.is_alphanumeric() || "_\",=>)]}*+-".contains(last),
        }
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"    ".repeat(self.depth));
        self.line_is_done = false;
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn every_statement_gets_its_own_line() {
        let tokens = quote! {
            #[allow(a)]
            const _: () = {
                use ::a;
                fn b(c: &C<'_>) -> ::d::E { f::<G<H>>(async move { c.g(1, "h")?.await }) }
                submit! { a_long_call_in_a_chain(::core::file!()).another_call_in_the_chain(|e| { f; g(&e); }).h() }
            };
            impl<T> A for B<T> where T: C + D {}
        };
        let expected = r#"#[allow(a)]
const _: () = {
    use ::a;
    fn b(c: &C<'_>) -> ::d::E {
        f::<G<H>>(async move {
            c.g(1, "h")?.await
        })
    }
    submit! {
        a_long_call_in_a_chain(::core::file!()).another_call_in_the_chain(|e| {
            f;
            g(&e);
        }).h()
    }
};
impl<T> A for B<T> where T: C + D {}"#;
        assert_eq!(text(tokens), expected);
    }
}
