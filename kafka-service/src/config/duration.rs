//! Durations as people write them in the environment: `200ms`, `10s`, `1m30s`, `1h`.

use std::time::Duration;

/// How error messages describe the format.
pub(super) const ALLOWED: &str = "a duration such as `200ms`, `30s`, `1m30s` or `1h`";

/// The longest valid duration. It keeps `Instant + Duration` far from overflow and catches wrong units.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Longest first: the parts of a duration must be in this order.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Parses `200ms`, `10s`, `5m`, `1h` and sequences of these (`1m30s`). The error says what is allowed.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("missing unit: write `{text}s` for seconds or `{text}ms` for milliseconds"));
    }
    let millis = millis(text).ok_or_else(|| format!("expected {ALLOWED}"))?;
    let duration = Duration::from_millis(millis);
    if duration > LONGEST { Err(format!("must be at most `{}`", format(LONGEST))) } else { Ok(duration) }
}

/// Parses a duration, or `off` for none.
pub(super) fn parse_or_off(text: &str) -> Result<Option<Duration>, String> {
    if text.trim().eq_ignore_ascii_case("off") {
        Ok(None)
    } else {
        parse(text).map(Some).map_err(|error| format!("{error}, or `off`"))
    }
}

fn millis(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split(rest, |byte| byte.is_ascii_digit());
        let (unit, after) = split(after, |byte| byte.is_ascii_alphabetic());
        let index = units.iter().position(|(name, _)| *name == unit)?;
        // A number that does not fit into 64 bits is too long in any case: saturate, and the limit above reports it.
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

/// Formats a duration so that [`parse`] can read it.
pub(crate) fn format(duration: Duration) -> String {
    let Ok(mut millis) = u64::try_from(duration.as_millis()) else { return format!("{duration:?}") };
    if !duration.subsec_nanos().is_multiple_of(1_000_000) {
        return format!("{duration:?}");
    }
    let mut text = String::new();
    for (unit, size) in UNITS {
        if millis >= size {
            text += &format!("{}{unit}", millis / size);
            millis %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}
