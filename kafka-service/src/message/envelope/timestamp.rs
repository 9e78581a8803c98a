//! Parses the field `timestamp`.

use std::time::SystemTime;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// A JSON number of milliseconds since the Unix epoch, as RFC 3339. A number with a fraction is rejected, because
/// producers that write fractions count seconds; so is one after the year 9999, as with microseconds.
#[cold]
pub(super) fn of_number(number: &str) -> Option<String> {
    let millis = number.parse::<i64>().ok().or_else(|| whole(number.parse().ok()?))?;
    Timestamp::from_millisecond(millis).ok().map(|timestamp| timestamp.to_string())
}

/// `1.7e12`, as some languages write large numbers.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and not too large")]
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// Parses RFC 3339, or ISO 8601 without a zone as Python's `datetime.utcnow().isoformat()` writes it, which is UTC. Or
/// 13 digits, which no date has: milliseconds since the Unix epoch, from 2001 to 2286. `None` if it is none of these.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) if is_millis(text) => Timestamp::from_millisecond(text.parse().ok()?).ok()?,
        Err(_) => TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    timestamp.try_into().ok()
}

fn is_millis(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn reads_what_the_services_write() {
        let moment = UNIX_EPOCH + Duration::from_micros(1_795_455_600_123_456);
        for text in [
            "2026-11-23T17:40:00.123456Z",
            "2026-11-23T18:40:00.123456+01:00",
            "2026-11-23T17:40:00.123456",
            "2026-11-23 17:40:00.123456",
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
        // Python omits the fraction if it is zero.
        assert_eq!(parse("2026-11-23T17:40:00"), Some(moment - Duration::from_micros(123_456)));
        let millis = moment - Duration::from_micros(456);
        assert_eq!(parse("1795455600123"), Some(millis), "a number in a string");
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1795455600", "1795455600123456"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_a_timestamp_in_milliseconds() {
        for number in ["1795455600123", "1.795455600123e12", "1795455600123.0"] {
            assert_eq!(of_number(number).as_deref(), Some("2026-11-23T17:40:00.123Z"), "{number}");
        }
        assert_eq!(of_number("-1").as_deref(), Some("1969-12-31T23:59:59.999Z"));
        for number in ["1795455600.123", "1795455600123456", "1e400", "99999999999999999999", "1e15"] {
            assert_eq!(of_number(number), None, "{number}");
        }
    }
}
