//! What a value is that is no JSON, where other languages' ways of writing one have a name.

/// What serde_json says about a value, and what is known about who writes such a thing.
#[cold]
pub(super) fn explain(error: &serde_json::Error, value: &[u8]) -> String {
    // Where the text is at its end there is no word that is wrong.
    let token = if error.is_eof() { None } else { token_at(error.line(), error.column(), value) };
    let help = token.and_then(help);
    help.map_or_else(|| error.to_string(), |help| format!("{error} / help: {help}"))
}

fn help(token: &[u8]) -> Option<&'static str> {
    let unsigned = token.strip_prefix(b"-").unwrap_or(token);
    let is_one_of = |words: [&str; 3]| words.iter().any(|word| unsigned.starts_with(word.as_bytes()));
    if unsigned.starts_with(b"NaN") {
        Some("NaN is no JSON; Python's json.dumps writes it unless it is given allow_nan=False")
    } else if unsigned.starts_with(b"Infinity") {
        Some("Infinity is no JSON; Python's json.dumps writes it unless it is given allow_nan=False")
    } else if unsigned.starts_with(b"'") || is_one_of(["None", "True", "False"]) {
        Some("this is how Python prints a dict; json.dumps writes JSON")
    } else {
        None
    }
}

/// The word around the place at which the parser stopped, which may be its first character or a later one.
fn token_at(line: usize, column: usize, value: &[u8]) -> Option<&[u8]> {
    let before: usize = value.split_inclusive(|byte| *byte == b'\n').take(line.checked_sub(1)?).map(<[u8]>::len).sum();
    let place = before + column.checked_sub(1)?;
    let head = value.get(..place)?;
    let inside = head.iter().rev().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-').count();
    value.get(place - inside..)
}

#[cfg(test)]
mod tests {
    use crate::envelope::Envelope;

    fn said(value: &str) -> String {
        Envelope::decode(Some(value.as_bytes())).unwrap_err().to_string()
    }

    #[test]
    fn what_python_writes_wrong_is_named_where_the_envelope_is_read() {
        let payload =
            |value: &str| said(&format!("{{\"type\":\"a\",\n \"correlation_id\":\"b\",\"payload\":{value}}}"));
        assert_eq!(
            payload(r#"{"price": NaN}"#),
            "the value is not JSON: expected value at line 2 column 43 / help: NaN is no JSON; Python's json.dumps writes it \
             unless it is given allow_nan=False"
        );
        for (value, named) in [
            ("[1, -Infinity]", "help: Infinity is no JSON; Python"),
            ("[Infinity]", "help: Infinity is no JSON; Python"),
            ("NaN", "help: NaN is no JSON; Python"),
            ("{'price': 1}", "help: this is how Python prints a dict"),
            ("[None]", "help: this is how Python prints a dict"),
            ("[True]", "help: this is how Python prints a dict"),
        ] {
            let text = payload(value);
            assert!(text.contains(named), "{value}: {text}");
        }
        for value in ["nul", "[1,]", "{\"a\" 1}", "\"NaN", "-"] {
            assert!(!payload(value).contains("help"), "{value}");
        }
    }

    #[test]
    fn a_dict_that_was_printed_is_named_also_around_the_envelope() {
        assert!(said("{'type': 'a'}").ends_with("help: this is how Python prints a dict; json.dumps writes JSON"));
    }
}
