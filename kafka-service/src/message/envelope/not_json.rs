//! Explains why a value is not JSON: what it is instead, or what other languages write wrong in it.

use super::guess::guess;

/// The error of serde_json, and the likely cause on the producer's side.
#[cold]
pub(super) fn explain(error: &serde_json::Error, value: &[u8]) -> String {
    if let Some((what, help)) = guess(value) {
        return format!("it is {what}; {help}");
    }
    // If the text ends early, no token is wrong.
    let token = if error.is_eof() { None } else { token_at(error.line(), error.column(), value) };
    let help = token.and_then(help).or_else(|| around(error, value));
    help.map_or_else(|| error.to_string(), |help| format!("{error}; {help}"))
}

fn help(token: &[u8]) -> Option<&'static str> {
    let unsigned = token.strip_prefix(b"-").unwrap_or(token);
    let is_one_of = |words: [&str; 3]| words.iter().any(|word| unsigned.starts_with(word.as_bytes()));
    if unsigned.starts_with(b"NaN") {
        Some("`NaN` is not valid JSON; pass `allow_nan=False` to Python's `json.dumps`")
    } else if unsigned.starts_with(b"Infinity") {
        Some("`Infinity` is not valid JSON; pass `allow_nan=False` to Python's `json.dumps`")
    } else if unsigned.starts_with(b"'") || is_one_of(["None", "True", "False"]) {
        Some("this is the repr of a Python dict; use `json.dumps`")
    } else {
        None
    }
}

/// An explanation from the whole value, if the token gives none.
fn around(error: &serde_json::Error, value: &[u8]) -> Option<&'static str> {
    let text = value.trim_ascii_end();
    if text.ends_with(b"\0") {
        Some("the value ends with a NUL byte; the producer should omit it")
    } else if error.to_string().starts_with("trailing characters") && text.ends_with(b"}") {
        Some("the value holds more than one JSON document; the producer should write one record for each")
    } else if std::str::from_utf8(value).is_err() {
        Some("the value is not UTF-8")
    } else {
        None
    }
}

/// The token at which the parser stopped: at its first character or a later one.
fn token_at(line: usize, column: usize, value: &[u8]) -> Option<&[u8]> {
    let before: usize = value.split_inclusive(|byte| *byte == b'\n').take(line.checked_sub(1)?).map(<[u8]>::len).sum();
    let index = before + column.checked_sub(1)?;
    let head = value.get(..index)?;
    let inside = head.iter().rev().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-').count();
    value.get(index - inside..)
}

#[cfg(test)]
mod tests {
    use crate::message::envelope::Envelope;

    fn said(value: &str) -> String {
        Envelope::decode(Some(value.as_bytes())).unwrap_err().to_string()
    }

    #[test]
    fn pythons_json_mistakes_in_a_payload_are_explained() {
        let payload =
            |value: &str| said(&format!("{{\"type\":\"a\",\n \"correlation_id\":\"b\",\"payload\":{value}}}"));
        assert_eq!(
            payload(r#"{"price": NaN}"#),
            "value is not JSON: expected value at line 2 column 43; `NaN` is not valid JSON; pass `allow_nan=False` to \
             Python's `json.dumps`"
        );
        for (value, named) in [
            ("[1, -Infinity]", "; `Infinity` is not valid JSON"),
            ("[Infinity]", "; `Infinity` is not valid JSON"),
            ("NaN", "; `NaN` is not valid JSON"),
            ("{'price': 1}", "; this is the repr of a Python dict"),
            ("[None]", "; this is the repr of a Python dict"),
            ("[True]", "; this is the repr of a Python dict"),
        ] {
            let text = payload(value);
            assert!(text.contains(named), "{value}: {text}");
        }
        for value in ["nul", "[1,]", "{\"a\" 1}", "\"NaN", "-"] {
            assert!(!payload(value).contains("; "), "{value}");
        }
    }

    #[test]
    fn a_printed_python_dict_as_envelope_is_explained() {
        assert!(said("{'type': 'a'}").ends_with("; this is the repr of a Python dict; use `json.dumps`"));
    }

    #[test]
    fn an_invalid_value_gets_a_guess_and_a_remedy() {
        let avro = [b"\0\0\0\0\x2a".as_slice(), b"\x0aalice\x02"].concat();
        let utf_16: Vec<u8> = r#"{"type":"a"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = r#"{"type":"a"}"#.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let cases: [(&[u8], &str, &str); 25] = [
            (b"", "it is empty", "JSON object"),
            (b" \n", "it is empty", "JSON object"),
            (b"\xef\xbb\xbf{\"type\":\"a\"}", "it is text with a byte order mark", "utf-8-sig"),
            (b"\xff\xfe{\0", "it is UTF-16 (little-endian)", "UTF-8"),
            (b"\xfe\xff\0{", "it is UTF-16 (big-endian)", "UTF-8"),
            (&utf_16, "it is UTF-16 (little-endian)", "UTF-8"),
            (&big, "it is UTF-16 (big-endian)", "UTF-8"),
            (b"\x1f\x8b\x08\0\0\0", "it is compressed with gzip", "`compression.type`"),
            (b"\x28\xb5\x2f\xfd\x04", "it is compressed with zstd", "`compression.type`"),
            (b"\x04\x22\x4d\x18\x64", "it is compressed with lz4", "`compression.type`"),
            (b"\xff\x06\0\0sNaPpY", "it is compressed with snappy", "`compression.type`"),
            (b"x\x9c\x03\0", "it is compressed with zlib", "`compression.type`"),
            (
                b"\0\0\0\0\x2a{\"type\":\"a\"}",
                "it is in the Confluent Schema Registry wire format (schema id 42, JSON payload)",
                "schema registry",
            ),
            (
                &avro,
                "it is in the Confluent Schema Registry wire format (schema id 42, Avro or Protobuf payload)",
                "schema registry",
            ),
            (b"Obj\x01\x04\x14avro.codec", "it is an Avro container file", "plain JSON"),
            (b"\xac\xed\0\x05sr", "it is a serialized Java object", "JSON serializer"),
            (b"\x80\x04\x95\x0b", "it is a Python pickle", "json.dumps"),
            (b"<!DOCTYPE html><p>502</p>", "it is HTML", "JSON object"),
            (b"<?xml version=\"1.0\"?><a/>", "it is XML", "JSON object"),
            (b"<order/>", "it is XML", "JSON object"),
            (b"eyJ0eXBlIjoiYSJ9", "it is Base64-encoded JSON", "unencoded"),
            (b"not json", "it is plain text", "JSON object"),
            (b"\x08\x96\x01", "it is binary data", "JSON object"),
            (b"{\"type\":\"a\"}\0", "trailing characters", "ends with a NUL byte"),
            (b"{\"type\":\"a\"}\n{\"type\":\"b\"}", "trailing characters", "one record for each"),
        ];
        for (value, what, help) in cases {
            let said = Envelope::decode(Some(value)).unwrap_err().to_string();
            let shown = String::from_utf8_lossy(value);
            let said = said.strip_prefix("value is not JSON: ").unwrap_or_else(|| panic!("{shown}: {said}"));
            let (found, advice) = said.split_once("; ").unwrap_or_else(|| panic!("{shown}: {said}"));
            assert!(found.starts_with(what) && advice.contains(help), "{shown}: {said}");
        }
        let latin_1 = Envelope::decode(Some(b"{\"type\":\"caf\xe9\"}")).unwrap_err().to_string();
        assert!(latin_1.ends_with("; the value is not UTF-8"), "{latin_1}");
    }

    #[test]
    fn json_that_was_encoded_twice_is_explained() {
        assert_eq!(
            said(r#""{\"type\":\"a\"}""#),
            "value is JSON in a string (encoded twice by the producer); expected a JSON object with the fields `type` and \
             `correlation_id`"
        );
    }
}
