use std::time::Duration;

use proptest::prelude::*;

use crate::config::duration::{LONGEST, format, parse};

// The lists of the next three tests are also in `kafka-service-macros/src/duration.rs`, which parses the same texts.

#[test]
fn valid_durations_are_parsed() {
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
        assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn invalid_durations_are_rejected() {
    for text in ["", " ", "s", "10", "1.5s", "10 s", "10S", "30s1m", "1m1m", "-1s", "10sec", "1d", "s10", "10s5", "٣s"]
    {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_plain_number_gets_a_hint() {
    assert_eq!(parse("30").unwrap_err(), "missing unit: write `30s` for seconds or `30ms` for milliseconds");
}

#[test]
fn too_long_durations_are_rejected_without_overflow() {
    for text in ["721h", "99999999999999999999h", "18446744073709551615ms", "18446744073709551615h1m"] {
        assert_eq!(parse(text).unwrap_err(), "must be at most `720h`", "{text}");
    }
    assert_eq!(parse("720h"), Ok(LONGEST));
}

#[test]
fn durations_are_written_with_units() {
    assert_eq!(format(Duration::ZERO), "0s");
    assert_eq!(format(Duration::from_millis(90_500)), "1m30s500ms");
    assert_eq!(format(Duration::from_nanos(1_500)), "1.5µs");
    assert!(!format(Duration::MAX).is_empty());
}

proptest! {
    #[test]
    fn a_written_duration_is_parsed_back(millis in 0..=2_592_000_000_u64) {
        let duration = Duration::from_millis(millis);
        prop_assert_eq!(parse(&format(duration)), Ok(duration));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[0-9hms.\\-+ é]{0,12}") {
        if let Ok(duration) = parse(&text) {
            prop_assert!(duration <= LONGEST);
        }
    }
}
