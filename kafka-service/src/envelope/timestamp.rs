//! The member `timestamp` as a moment in time.

use std::time::SystemTime;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Reads RFC 3339, or ISO 8601 without a zone as Python's `datetime.utcnow().isoformat()` writes it: that is UTC.
/// `None` if it is neither.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    timestamp.try_into().ok()
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
        // Python leaves the fraction out when it is zero.
        assert_eq!(parse("2026-11-23T17:40:00"), Some(moment - Duration::from_micros(123_456)));
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1795455600"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
