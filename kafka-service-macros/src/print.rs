//! An expansion as text that a person can read: a line for each statement, indented by its braces. It is no formatter: that
//! would be a large dependency for everybody who builds a service.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

pub(crate) fn text(tokens: &TokenStream) -> String {
    let mut printer = Printer::default();
    printer.stream(tokens.clone());
    printer.text
}

#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
    /// What comes next stands on a line of its own.
    line_is_done: bool,
}

impl Printer {
    fn stream(&mut self, tokens: TokenStream) {
        // Tokens that stay on one line: the compiler knows best where spaces go between them.
        let mut line = TokenStream::new();
        for token in tokens {
            let is_attribute = line.to_string() == "#";
            match &token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.write(&line);
                    line = TokenStream::new();
                    self.braces(group.stream());
                }
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Parenthesis && has_braces(group.stream()) =>
                {
                    self.write(&line);
                    line = TokenStream::new();
                    self.text.push('(');
                    self.stream(group.stream());
                    self.text.push(')');
                    self.line_is_done = false;
                }
                _ => {
                    let ends = is_attribute || matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
                    line.extend([token]);
                    if ends {
                        self.write(&line);
                        line = TokenStream::new();
                        self.line_is_done = true;
                    }
                }
            }
        }
        self.write(&line);
    }

    fn braces(&mut self, content: TokenStream) {
        if self.line_is_done {
            self.new_line();
        } else if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push('{');
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

    fn write(&mut self, line: &TokenStream) {
        let line = line.to_string();
        let goes_on = line.starts_with([';', ',', '.', '?']);
        if self.line_is_done && !goes_on && !line.is_empty() {
            self.new_line();
        }
        self.text.push_str(&line);
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"    ".repeat(self.depth));
        self.line_is_done = false;
    }
}

fn has_braces(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace || has_braces(group.stream()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_line_for_each_statement() {
        let tokens = quote! {
            #[allow(a)]
            const _: () = {
                use a;
                fn b() { run(async { c }) }
                submit! { d(|e| { f; g; }).h() }
            };
            struct Empty {}
        };
        // Outside of a compiler every token stands apart.
        let text = text(&tokens).replace(' ', "");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "#[allow(a)]",
                "const_:()={",
                "usea;",
                "fnb(){",
                "run(async{",
                "c",
                "})",
                "}",
                "submit!{",
                "d(|e|{",
                "f;",
                "g;",
                "}).h()",
                "}",
                "};",
                "structEmpty{}"
            ]
        );
    }
}
