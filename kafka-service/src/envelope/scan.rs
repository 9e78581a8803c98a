//! The short way through an envelope: one pass over the text as nearly every producer writes it.
//!
//! It accepts nothing that serde_json would refuse, and says nothing about what it does not know for certain: that goes the
//! long way, which finds out what is wrong. It saves half of what decoding an envelope costs, because strings, of which JSON
//! is mostly made, are looked at eight bytes at a time, and the text is checked for UTF-8 once and not string by string.

use super::text::plain;

/// The members of an envelope as they stand in its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) kind: Option<&'a str>,
    pub(super) correlation_id: Option<&'a str>,
    pub(super) timestamp: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
}

/// How deep values may lie in each other; beyond, the long way needs no stack.
const DEEPEST: u32 = 32;

/// The members, or `None` if the long way must decide. Of a member that stands twice the last one counts.
pub(super) fn members(value: &[u8]) -> Option<Found<'_>> {
    let mut scan = Scan { text: std::str::from_utf8(value).ok()?, at: 0 };
    let mut found = Found::default();
    scan.expect(b'{')?;
    if scan.peek()? == b'}' {
        scan.at += 1;
    } else {
        loop {
            scan.member(&mut found)?;
            if scan.next()? == b'}' {
                break;
            }
        }
    }
    scan.space();
    (scan.at == value.len()).then_some(found)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn member(&mut self, found: &mut Found<'a>) -> Option<()> {
        self.space();
        let name = self.plain_string()?;
        self.expect(b':')?;
        self.space();
        let place = match name {
            "type" => &mut found.kind,
            "correlation_id" => &mut found.correlation_id,
            "timestamp" => &mut found.timestamp,
            "source" => &mut found.source,
            "id" => &mut found.id,
            "payload" => {
                found.payload = Some(self.value()?);
                return Some(());
            }
            _ => return self.skip(0),
        };
        *place = Some(self.plain_string()?);
        Some(())
    }

    /// The text of any value.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.skip(0)?;
        self.text.get(start..self.at)
    }

    fn skip(&mut self, depth: u32) -> Option<()> {
        match self.here()? {
            b'"' => self.string(),
            b'{' if depth < DEEPEST => self.list(b'}', |scan| {
                scan.string()?;
                scan.expect(b':')?;
                scan.space();
                scan.skip(depth + 1)
            }),
            b'[' if depth < DEEPEST => self.list(b']', |scan| scan.skip(depth + 1)),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => None,
        }
    }

    /// What stands between brackets, separated by commas.
    #[inline]
    fn list(&mut self, end: u8, item: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            self.space();
            item(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == end => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A string without escapes.
    fn plain_string(&mut self) -> Option<&'a str> {
        if self.here()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let end = start + plain(self.rest(start));
        if *self.text.as_bytes().get(end)? != b'"' {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    fn string(&mut self) -> Option<()> {
        if self.here()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            self.at += plain(self.rest(self.at));
            match self.here()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
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
    fn number(&mut self) -> Option<()> {
        if self.here() == Some(b'-') {
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
        self.rest(self.at).starts_with(literal.as_bytes()).then(|| self.at += literal.len())
    }

    /// The `,` between two members or the `}` behind the last.
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        matches!(byte, b',' | b'}').then_some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.here()
    }

    fn here(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self, start: usize) -> &'a [u8] {
        self.text.as_bytes().get(start..).unwrap_or_default()
    }

    fn space(&mut self) {
        while matches!(self.here(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
