//! What is known about one librdkafka property: its side, its kind of value, whether it is secret, what it needs.

use super::choices::either;

/// The side of a property, or the client that a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Both,
    Consumer,
    Producer,
}

impl Side {
    /// Whether a value for this side reaches the client of `other` (a client, so not `Both`).
    pub(super) fn reaches(self, other: Self) -> bool {
        self == Self::Both || other == Self::Both || self == other
    }
}

/// A feature that librdkafka must be built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    Tls,
    Oidc,
}

/// The values that librdkafka accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ValueKind {
    Text,
    Bool,
    /// An integer within these bounds.
    Int(i64, i64),
    /// A number, with or without a fraction, within these bounds.
    Number(i64, i64),
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// A comma-separated list of these words; a leading `+` or `-` adds or removes one.
    Flags(&'static [&'static str]),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) side: Side,
    pub(crate) kind: ValueKind,
    pub(crate) secret: bool,
    pub(crate) need: Need,
    /// The name under which the value is kept. If librdkafka has two names for the property, it is the one of the Java
    /// client, so that a default of ours and a value of the user cannot coexist under two names.
    pub(crate) canonical: &'static str,
}

pub(super) const fn both(name: &'static str, kind: ValueKind) -> Property {
    Property { name, side: Side::Both, kind, secret: false, need: Need::Nothing, canonical: name }
}

pub(super) const fn consumer(name: &'static str, kind: ValueKind) -> Property {
    Property { side: Side::Consumer, ..both(name, kind) }
}

pub(super) const fn producer(name: &'static str, kind: ValueKind) -> Property {
    Property { side: Side::Producer, ..both(name, kind) }
}

impl Property {
    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    pub(super) const fn tls(self) -> Self {
        Self { need: Need::Tls, ..self }
    }

    pub(super) const fn oidc(self) -> Self {
        Self { need: Need::Oidc, ..self }
    }

    pub(super) const fn alias_of(self, canonical: &'static str) -> Self {
        Self { canonical, ..self }
    }

    /// The variable that sets it, without the prefix: `linger.ms` is `LINGER_MS`.
    pub(super) fn variable(&self) -> String {
        self.name.replace('.', "_").to_ascii_uppercase()
    }

    /// Whether the value is the path of a file.
    pub(super) fn is_path(&self) -> bool {
        self.name.ends_with(".location") || self.name.ends_with(".file")
    }

    /// Whether `variable` (without the prefix) sets this property.
    pub(super) fn is_set_by(&self, variable: &str) -> bool {
        let expected = self.name.bytes().map(|byte| if byte == b'.' { b'_' } else { byte.to_ascii_uppercase() });
        variable.bytes().eq(expected)
    }
}

impl ValueKind {
    /// The value in the form that librdkafka reads. The error says what is allowed.
    pub(super) fn normalize(self, value: &str) -> Result<String, String> {
        let trimmed = value.trim();
        match self {
            // In the C library, NUL would end the text.
            Self::Text if value.contains('\0') => Err("must not contain a NUL character".to_owned()),
            Self::Text => Ok(value.to_owned()),
            Self::Bool => super::choices::parse_bool(value).map(|on| on.to_string()),
            Self::Int(least, most) => match trimmed.parse::<i64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
                _ => Err(format!("expected a whole number from {least} to {most}")),
            },
            Self::Number(least, most) => match trimmed.parse::<f64>() {
                Ok(number) if number >= least as f64 && number <= most as f64 => Ok(trimmed.to_owned()),
                _ => Err(format!("expected a number from {least} to {most}")),
            },
            Self::Choice(words) => word(trimmed, words),
            Self::Flags(words) => {
                let flags: Result<Vec<String>, String> = trimmed.split(',').map(|flag| signed(flag, words)).collect();
                flags.map(|flags| flags.join(","))
            }
        }
    }
}

fn word(text: &str, words: &[&str]) -> Result<String, String> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    found.map(|word| (*word).to_owned()).ok_or_else(|| format!("expected {}", either(words.iter().copied())))
}

fn signed(flag: &str, words: &[&str]) -> Result<String, String> {
    let flag = flag.trim();
    let sign = &flag[..usize::from(flag.starts_with(['+', '-']))];
    word(&flag[sign.len()..], words).map(|word| format!("{sign}{word}"))
}
