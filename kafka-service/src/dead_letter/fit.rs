//! Decides what to omit from a dead letter that is too large for its topic. Pure.

use super::{ALL, OMITTED_HEADERS, OMITTED_KEY, OMITTED_VALUE, spring};
use crate::message::{Header, StoredRecord};

/// The parts that can be omitted, each with its size; 0 if absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Omitted {
    pub(crate) value: usize,
    /// The message's own headers. Ours are kept: they are small and say what the record is.
    pub(crate) headers: usize,
    pub(crate) key: usize,
}

/// No header of ours is longer; a longer one was written by another program.
const LONGEST_OF_OURS: usize = 4096;
/// The maximum overhead of a record and of a header, besides their bytes.
const AROUND_A_RECORD: usize = 64;
const AROUND_A_HEADER: usize = 10;

/// The sets of parts to omit, in the order in which they are tried: the value first, the key last, and no more than
/// necessary.
const CHOICES: [[bool; 3]; 7] = [
    [true, false, false],
    [false, true, false],
    [false, false, true],
    [true, true, false],
    [true, false, true],
    [false, true, true],
    [true, true, true],
];

/// Omits what does not fit. `limit` is the maximum size of the record. A broker that rejects a record does not state
/// its limit; then parts that make a difference are omitted. Returns the unchanged record as an error if nothing more
/// can be omitted.
pub(crate) fn fitted(record: StoredRecord, limit: Option<usize>) -> Result<(StoredRecord, Omitted), StoredRecord> {
    let parts = Omitted::all_of(&record);
    let total = size(&record);
    // A record of nearly the same size is most likely too large as well.
    let limit = limit.unwrap_or(total - total / 8);
    let fits = |omitted: &Omitted| total - omitted.sum() <= limit;
    let choices = CHOICES.into_iter().map(|choice| parts.only(choice)).filter(|omitted| omitted.sum() > 0);
    // If nothing makes it fit, make it as small as possible.
    match choices.clone().find(fits).or_else(|| choices.max_by_key(Omitted::sum)) {
        Some(omitted) => Ok((omitted.leave_out(record), omitted)),
        None => Err(record),
    }
}

/// Whether anything can be omitted from a dead letter.
pub(crate) fn can_shrink(value: Option<&[u8]>, key: Option<&[u8]>, headers: &[Header]) -> bool {
    let has_bytes = |part: Option<&[u8]>| part.is_some_and(|part| !part.is_empty());
    has_bytes(value) || has_bytes(key) || (0..headers.len()).any(|place| !stays(headers, place))
}

/// The size of a record on the wire, estimated high rather than low.
fn size(record: &StoredRecord) -> usize {
    let [key, value] = [&record.key, &record.value].map(|part| part.as_ref().map_or(0, Vec::len));
    key + value + size_of_headers(record.headers.iter()) + AROUND_A_RECORD
}

fn size_of_headers<'a>(headers: impl Iterator<Item = &'a Header>) -> usize {
    headers.map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len) + AROUND_A_HEADER).sum()
}

impl Omitted {
    fn all_of(record: &StoredRecord) -> Self {
        let headers = (0..record.headers.len()).filter(|place| !stays(&record.headers, *place));
        Self {
            value: record.value.as_ref().map_or(0, Vec::len),
            headers: size_of_headers(headers.map(|place| &record.headers[place])),
            key: record.key.as_ref().map_or(0, Vec::len),
        }
    }

    fn only(self, [value, headers, key]: [bool; 3]) -> Self {
        let part = |goes: bool, size: usize| if goes { size } else { 0 };
        Self { value: part(value, self.value), headers: part(headers, self.headers), key: part(key, self.key) }
    }

    fn sum(&self) -> usize {
        self.value + self.headers + self.key
    }

    fn leave_out(self, mut record: StoredRecord) -> StoredRecord {
        if self.value > 0 {
            record.value = None;
            say(&mut record.headers, OMITTED_VALUE, self.value);
        }
        if self.headers > 0 {
            let stays: Vec<_> = (0..record.headers.len()).map(|place| stays(&record.headers, place)).collect();
            let mut stays = stays.into_iter();
            record.headers.retain(|_| stays.next() == Some(true));
            say(&mut record.headers, OMITTED_HEADERS, self.headers);
        }
        if self.key > 0 {
            record.key = None;
            say(&mut record.headers, OMITTED_KEY, self.key);
        }
        record
    }
}

/// Whether a header must be kept because it says what the record is: the last of each of our names, unless it cannot be
/// ours.
fn stays(headers: &[Header], place: usize) -> bool {
    let (name, value) = &headers[place];
    let is_ours = ALL.contains(&name.as_str()) || spring::is_one(name);
    let is_short = value.as_ref().is_none_or(|value| value.len() <= LONGEST_OF_OURS);
    is_ours && is_short && headers[place + 1..].iter().all(|(later, _)| later != name)
}

fn say(headers: &mut Vec<Header>, name: &str, bytes: usize) {
    headers.retain(|(other, _)| other != name);
    headers.push((name.to_owned(), Some(bytes.to_string().into_bytes())));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dead_letter::{ERROR_MESSAGE, TOPIC};

    fn header(name: &str, size: usize) -> Header {
        (name.to_owned(), Some(vec![b'x'; size]))
    }

    /// A dead letter with parts of these sizes.
    fn record(value: usize, headers: usize, key: usize) -> StoredRecord {
        StoredRecord {
            value: Some(vec![0; value]),
            key: Some(vec![0; key]),
            offset: 1,
            timestamp: None,
            headers: vec![header("trace", headers), header(TOPIC, 20), header(ERROR_MESSAGE, 200)],
        }
    }

    /// The parts that are omitted, as `value`, `headers` and `key`.
    fn left_out(record: StoredRecord, limit: Option<usize>) -> (bool, bool, bool) {
        let (small, omitted) = fitted(record, limit).unwrap();
        let said = |name: &str| small.headers.iter().any(|(header, _)| header == name);
        let is_out = (small.value.is_none(), !said("trace"), small.key.is_none());
        assert_eq!((said(OMITTED_VALUE), said(OMITTED_HEADERS), said(OMITTED_KEY)), is_out, "each is said");
        assert_eq!((omitted.value > 0, omitted.headers > 0, omitted.key > 0), is_out);
        assert!(said(TOPIC) && said(ERROR_MESSAGE), "what says what it is stays");
        is_out
    }

    const MEGABYTE: usize = 1_048_588;

    #[test]
    fn only_the_part_that_is_too_large_is_omitted() {
        for limit in [Some(MEGABYTE), None] {
            assert_eq!(left_out(record(2_000_000, 50, 20), limit), (true, false, false));
            assert_eq!(left_out(record(30, 1_048_300, 20), limit), (false, true, false));
            assert_eq!(left_out(record(30, 50, 1_048_300), limit), (false, false, true));
            assert_eq!(left_out(record(900_000, 900_000, 20), limit), (true, false, false), "the value first");
        }
        assert_eq!(left_out(record(2_000_000, 1_100_000, 20), Some(MEGABYTE)), (true, true, false));
        assert_eq!(left_out(record(2_000_000, 50, 1_100_000), Some(MEGABYTE)), (true, false, true));
        assert_eq!(left_out(record(30, 1_100_000, 1_100_000), Some(MEGABYTE)), (false, true, true));
        assert_eq!(left_out(record(2_000_000, 1_100_000, 1_100_000), Some(MEGABYTE)), (true, true, true));
        // The same in two steps if the limit is unknown.
        let (small, _) = fitted(record(2_000_000, 1_100_000, 20), None).unwrap();
        assert_eq!((small.value.is_none(), small.headers.len()), (true, 4));
        let (small, _) = fitted(small, None).unwrap();
        assert_eq!((small.headers.len(), small.key.is_some()), (4, true), "headers gone and said: {:?}", small.headers);
    }

    #[test]
    fn sizes_are_reported_in_bytes() {
        let (small, omitted) = fitted(record(2_000_000, 0, 20), None).unwrap();
        assert_eq!(omitted.value, 2_000_000);
        assert_eq!(small.headers.last(), Some(&(OMITTED_VALUE.to_owned(), Some(b"2000000".to_vec()))));
    }

    #[test]
    fn foreign_headers_with_our_names_are_omitted_too() {
        let mut record = record(30, 50, 20);
        record.headers.splice(0..0, (0..1_000).map(|_| header(ERROR_MESSAGE, 1_000)));
        record.headers.push(header(spring::TOPIC, 100_000));
        let (small, _) = fitted(record, None).unwrap();
        assert!(size(&small) < 2_000, "{} bytes", size(&small));
        assert!(
            small.headers.iter().any(|(name, value)| name == ERROR_MESSAGE && value.as_ref().unwrap().len() == 200)
        );
    }

    #[test]
    fn a_record_without_optional_parts_cannot_shrink() {
        let bare = StoredRecord { value: None, key: None, ..record(0, 0, 0) };
        let bare = StoredRecord { headers: bare.headers[1..].to_vec(), ..bare };
        assert!(!can_shrink(bare.value.as_deref(), bare.key.as_deref(), &bare.headers));
        assert_eq!(fitted(bare.clone(), None), Err(bare.clone()));
        assert_eq!(fitted(bare.clone(), Some(10)), Err(bare));
    }

    proptest! {
        /// For any sizes it terminates: with a record that fits, or with all parts omitted.
        #[test]
        fn a_record_fits_or_all_its_parts_are_omitted(
            value in 0usize..3_000, headers in 0usize..3_000, key in 0usize..3_000, limit in proptest::option::of(400usize..4_000),
        ) {
            let before = record(value, headers, key);
            let total = size(&before);
            let (after, omitted) = fitted(before, limit).unwrap();
            let all_gone = after.value.as_ref().is_none_or(Vec::is_empty) && after.key.as_ref().is_none_or(Vec::is_empty);
            // The headers about the omitted parts take some room too.
            let left = size(&after) - 3 * 50;
            prop_assert!(left <= limit.unwrap_or(total) || all_gone);
            prop_assert!(omitted.sum() > 0);
        }
    }
}
