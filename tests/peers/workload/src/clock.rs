//! The current time as text, at the cost of an optimized service.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

/// Writes the current time as RFC 3339 in UTC with microseconds, `2026-11-24T10:00:00.123456Z`. The part down to the
/// second is formatted only when it changes.
#[derive(Debug, Default)]
pub struct Clock {
    second: i64,
    text: String,
}

/// Where the digits after the point start.
const FRACTION: usize = 20;

impl Clock {
    /// The text for now.
    ///
    /// # Panics
    /// Never: a `String` accepts every character.
    pub fn now(&mut self) -> &str {
        let now = Timestamp::now();
        if self.text.is_empty() || self.second != now.as_second() {
            const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
            self.text.clear();
            PRINTER.print_timestamp(&now, &mut self.text).expect("a String accepts every character");
            self.second = now.as_second();
            return &self.text;
        }
        self.text.truncate(FRACTION);
        let mut micros = [0; 6];
        let mut rest = now.subsec_nanosecond().unsigned_abs() / 1_000;
        for digit in micros.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.text.push_str(std::str::from_utf8(&micros).expect("digits"));
        self.text.push('Z');
        &self.text
    }
}
