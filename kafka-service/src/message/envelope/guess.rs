//! Guesses from its first bytes what a value that is not JSON is, and what to do about it. Only for error messages.

use std::borrow::Cow;

const UTF_8: &str = "the producer should write UTF-8";
const UNCOMPRESSED: &str = "the producer should write plain JSON and compress with its `compression.type` setting, which the \
     consumer decompresses";
const PLAIN_JSON: &str = "the producer should write plain JSON, with a serializer that does not use a schema registry";
const JSON: &str =
    "the producer should write a JSON object such as {\"type\": \"..\", \"correlation_id\": \"..\", \"payload\": {}}";

/// What the value is, and what to do.
#[cold]
pub(super) fn guess(value: &[u8]) -> Option<(Cow<'static, str>, &'static str)> {
    let known = |what: &'static str, help| Some((Cow::Borrowed(what), help));
    let text = value.trim_ascii_start();
    if text.is_empty() {
        return known("empty", JSON);
    }
    if let Some((what, help)) =
        KNOWN.iter().find(|(magic, ..)| value.starts_with(magic)).map(|(_, what, help)| (what, help))
    {
        return known(what, help);
    }
    if let Some(what) = utf_16(value) {
        return known(what, UTF_8);
    }
    if let Some([0, id @ .., _]) = value.get(..6) {
        return Some((framed(id, &value[5..]), PLAIN_JSON));
    }
    let lowercase = text[..text.len().min(14)].to_ascii_lowercase();
    if lowercase.starts_with(b"<!doctype html") || lowercase.starts_with(b"<html") {
        return known("HTML, perhaps an error page", JSON);
    }
    match text {
        [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => known("XML", JSON),
        // `{"` in Base64.
        [b'e', b'y', b'J' | b'A' | b'I', ..] => {
            known("Base64-encoded JSON, or a JSON Web Token", "the producer should write it unencoded")
        }
        [first, ..] if is_text(text) && !b"{[\"'-0123456789".contains(first) && !is_a_word_of_python(text) => {
            known("plain text", JSON)
        }
        [first, ..] if !is_text(text) && !b"{[\"".contains(first) => known("binary data", JSON),
        _ => None,
    }
}

/// Prefixes that identify a format.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (
        b"\xef\xbb\xbf",
        "text with a byte order mark",
        "the producer should write UTF-8 without it (`utf-8` instead of `utf-8-sig` in Python, `new UTF8Encoding(false)` in C#)",
    ),
    (b"\xff\xfe\0\0", "UTF-32", UTF_8),
    (b"\0\0\xfe\xff", "UTF-32", UTF_8),
    (b"\xff\xfe", "UTF-16 (little-endian)", UTF_8),
    (b"\xfe\xff", "UTF-16 (big-endian)", UTF_8),
    (b"\x1f\x8b", "compressed with gzip", UNCOMPRESSED),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", UNCOMPRESSED),
    (b"\x04\x22\x4d\x18", "compressed with lz4", UNCOMPRESSED),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy", UNCOMPRESSED),
    (b"\x82SNAPPY\0", "compressed with snappy", UNCOMPRESSED),
    (b"x\x01", "compressed with zlib", UNCOMPRESSED),
    (b"x\x9c", "compressed with zlib", UNCOMPRESSED),
    (b"x\xda", "compressed with zlib", UNCOMPRESSED),
    (b"Obj\x01", "an Avro container file", PLAIN_JSON),
    (b"\xc3\x01", "in the Avro single-object encoding", PLAIN_JSON),
    (b"\xac\xed\0\x05", "a serialized Java object", "the producer should use a JSON serializer"),
    (b"\x80\x04\x95", "a Python pickle", "the producer should use `json.dumps`"),
    (b"\x80\x05\x95", "a Python pickle", "the producer should use `json.dumps`"),
];

/// Text with a zero in every second byte.
fn utf_16(value: &[u8]) -> Option<&'static str> {
    let begins = |zero: usize| {
        let is_pair = |pair: &[u8]| pair.len() == 2 && pair[zero] == 0 && (b' '..=b'~').contains(&pair[1 - zero]);
        value.len() >= 4 && value.chunks(2).take(8).all(is_pair)
    };
    match (begins(1), begins(0)) {
        (true, _) => Some("UTF-16 (little-endian)"),
        (_, true) => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

/// A zero byte and the id of a schema: the prefix that serializers of schema registries write.
fn framed(id: &[u8], behind: &[u8]) -> Cow<'static, str> {
    let id = id.iter().fold(0_u32, |id, byte| id << 8 | u32::from(*byte));
    let behind = if behind.trim_ascii_start().starts_with(b"{") { "JSON" } else { "Avro or Protobuf" };
    Cow::Owned(format!("in the Confluent Schema Registry wire format (schema id {id}, {behind} payload)"))
}

fn is_text(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
}

/// Excluded because it has its own explanation.
fn is_a_word_of_python(text: &[u8]) -> bool {
    [&b"NaN"[..], b"Infinity", b"None", b"True", b"False"].iter().any(|word| text.starts_with(word))
}
