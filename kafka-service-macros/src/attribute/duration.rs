//! Parses durations as the configuration does: `200ms`, `10s`, `1m30s`, `1h`. The runtime's `config/duration.rs`
//! implements the same rules, but a macro cannot call it. The tests of both use the same examples.

/// The longest accepted duration: thirty days.
const MAX_MILLIS: u64 = 30 * 24 * 3_600_000;

/// The help text for a duration outside the limits.
pub(crate) const LIMITS: &str = "write a duration greater than zero and at most `\"720h\"`";

/// The units, in the order in which the parts of a duration must appear.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Parses a duration to milliseconds. The error is a help text for `option`.
pub(crate) fn parse(option: &str, text: &str) -> Result<u64, String> {
    let text = text.trim();
    if is_number(text) {
        return Err(format!(
            "add a unit: `{option} = \"{text}s\"` for seconds, or `{option} = \"{text}ms\"` for milliseconds"
        ));
    }
    let expected = "write a duration such as `\"200ms\"`, `\"30s\"`, `\"1m30s\"` or `\"1h\"`";
    limited(millis(text).ok_or(expected)?)
}

/// Parses an initial and a maximum backoff, such as `100ms..5s`. The error is a help text for `option`.
pub(crate) fn parse_range(option: &str, text: &str) -> Result<(u64, u64), String> {
    let expected = format!("write the initial and the maximum backoff, for example `{option} = \"100ms..5s\"`");
    let (initial, max) = text.split_once("..").ok_or_else(|| expected.clone())?;
    let (initial, max) = (initial.trim(), max.trim());
    if is_number(initial) || is_number(max) {
        return Err(format!("add a unit to each number, for example `{option} = \"100ms..5s\"`"));
    }
    let read = |text| millis(text).ok_or_else(|| expected.clone()).and_then(limited);
    match (read(initial)?, read(max)?) {
        (0, _) => Err("the initial backoff must be greater than zero, for example `\"10ms..1s\"`".to_owned()),
        (from, to) if from > to => {
            Err(format!("the initial backoff must not exceed the maximum: write `{option} = \"{max}..{initial}\"`"))
        }
        range => Ok(range),
    }
}

/// Whether only the unit is missing.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn limited(millis: u64) -> Result<u64, String> {
    if millis > MAX_MILLIS { Err("the maximum is `\"720h\"`".to_owned()) } else { Ok(millis) }
}

fn millis(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split(rest, |byte| byte.is_ascii_digit());
        let (unit, after) = split(after, |byte| byte.is_ascii_alphabetic());
        let index = units.iter().position(|(name, _)| *name == unit)?;
        // A number that overflows 64 bits exceeds the limit anyway, so saturate.
        let number = if number.is_empty() { return None } else { number.parse().unwrap_or(u64::MAX) };
        total = total.saturating_add(number.saturating_mul(units[index].1));
        units = &units[index + 1..];
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn split(text: &str, belongs: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first three tests use the same examples as the runtime's `config/tests/durations.rs`.

    #[test]
    fn valid_durations_are_accepted() {
        let cases = [
            ("200ms", 200),
            ("10s", 10_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("1m30s", 90_000),
            ("1h2m3s4ms", 3_723_004),
            (" 25s ", 25_000),
            ("0s", 0),
            ("1h5ms", 3_600_005),
            ("90s", 90_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse("timeout", text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn invalid_durations_are_rejected() {
        for text in
            ["", " ", "s", "10", "1.5s", "10 s", "10S", "30s1m", "1m1m", "-1s", "10sec", "1d", "s10", "10s5", "٣s"]
        {
            assert!(parse("timeout", text).is_err(), "{text}");
        }
    }

    #[test]
    fn too_long_durations_are_rejected_without_overflow() {
        for text in ["721h", "99999999999999999999h", "18446744073709551615ms", "18446744073709551615h1m"] {
            assert_eq!(parse("timeout", text).unwrap_err(), "the maximum is `\"720h\"`", "{text}");
        }
        assert_eq!(parse("timeout", "720h"), Ok(MAX_MILLIS));
    }

    #[test]
    fn ranges_need_two_durations_in_order() {
        assert_eq!(parse_range("backoff", "100ms..5s"), Ok((100, 5_000)));
        assert_eq!(parse_range("backoff", "1s .. 1s"), Ok((1_000, 1_000)));
        for text in ["5s", "5s..", "5s..1s", "0s..1s", "1..2", "1s...2s", "1s..721h"] {
            assert!(parse_range("backoff", text).is_err(), "{text}");
        }
    }
}
