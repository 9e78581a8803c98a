//! The fast path through an envelope: one pass over the text as nearly every producer writes it.
//!
//! It accepts nothing that serde_json would reject, and gives up on everything that it is not certain about: the slow
//! path then finds out what is wrong. This halves the cost of decoding an envelope, because strings, which make up most
//! of JSON, are scanned eight bytes at a time, and UTF-8 is checked once for the text and not for each string.

use super::text::plain;

/// The fields of an envelope as they are in its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) kind: Option<&'a str>,
    pub(super) correlation_id: Option<&'a str>,
    pub(super) timestamp: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
}

/// How deeply values may be nested. Beyond this, the slow path decides, which needs no stack.
const DEEPEST: u32 = 32;

/// The fields, or `None` if the slow path must decide. If a field occurs twice, the last one counts.
pub(super) fn fields(value: &[u8]) -> Option<Found<'_>> {
    let mut scan = Scan { text: std::str::from_utf8(value).ok()?, at: 0 };
    let mut found = Found::default();
    if scan.peek()? != b'{' {
        return None;
    }
    scan.items(b'}', |scan, first| scan.field(first, &mut found))?;
    // Only whitespace may follow.
    _ = scan.peek();
    (scan.at == value.len()).then_some(found)
}

/// Every method starts at the first byte of what it is named after, and ends after its last.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// One field of the envelope.
    fn field(&mut self, first: u8, found: &mut Found<'a>) -> Option<()> {
        let name = self.plain_string(first)?;
        let first = self.after_colon()?;
        let field = match name {
            "type" => &mut found.kind,
            "correlation_id" => &mut found.correlation_id,
            "timestamp" => &mut found.timestamp,
            "source" => &mut found.source,
            "id" => &mut found.id,
            "payload" => {
                let start = self.at;
                self.value(first, 0)?;
                found.payload = self.text.get(start..self.at);
                return Some(());
            }
            _ => return self.value(first, 0),
        };
        *field = Some(self.plain_string(first)?);
        Some(())
    }

    /// Any value.
    fn value(&mut self, first: u8, depth: u32) -> Option<()> {
        match first {
            b'"' => self.string(first),
            b'{' if depth < DEEPEST => self.items(b'}', |scan, first| {
                scan.string(first)?;
                let first = scan.after_colon()?;
                scan.value(first, depth + 1)
            }),
            b'[' if depth < DEEPEST => self.items(b']', |scan, first| scan.value(first, depth + 1)),
            b'-' | b'0'..=b'9' => self.number(first),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => None,
        }
    }

    /// Brackets and the items between them, separated by commas.
    #[inline]
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self, u8) -> Option<()>) -> Option<()> {
        self.at += 1;
        let mut first = self.peek()?;
        if first != end {
            loop {
                item(self, first)?;
                let byte = self.peek()?;
                if byte == end {
                    break;
                }
                if byte != b',' {
                    return None;
                }
                self.at += 1;
                first = self.peek()?;
            }
        }
        self.at += 1;
        Some(())
    }

    /// The first byte of the value after a field's name.
    fn after_colon(&mut self) -> Option<u8> {
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.peek()
    }

    /// A string without escapes.
    fn plain_string(&mut self, first: u8) -> Option<&'a str> {
        let start = self.at + 1;
        let end = start + plain(self.text.as_bytes().get(start..)?);
        if first != b'"' || *self.text.as_bytes().get(end)? != b'"' {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    fn string(&mut self, first: u8) -> Option<()> {
        if first != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            self.at += plain(self.text.as_bytes().get(self.at..)?);
            match self.here()? {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
        self.at += 1;
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        let length = match self.text.as_bytes().get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => {
                let digits = self.text.as_bytes().get(self.at + 2..self.at + 6)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
            }
            _ => return None,
        };
        self.at += length;
        Some(())
    }

    /// `-12.5e+3`: RFC 8259, section 6.
    fn number(&mut self, first: u8) -> Option<()> {
        if first == b'-' {
            self.at += 1;
        }
        if self.here()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.here() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.here(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.here(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.here().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.text.as_bytes().get(self.at..)?.starts_with(literal.as_bytes()).then(|| self.at += literal.len())
    }

    /// The next byte that is not whitespace.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.here()?;
            if byte > b' ' {
                return Some(byte);
            }
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return None;
            }
            self.at += 1;
        }
    }

    fn here(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::json;
