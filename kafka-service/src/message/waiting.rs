//! Records that wait in memory.

use super::{Header, Record, RecordTime};

/// A waiting record, copied so that it keeps no fetched batch and no consumer alive. Key and value share one
/// allocation: thousands may wait, and the memory that they touch is what they cost.
#[derive(Debug)]
pub(crate) struct WaitingRecord {
    /// The key, followed by the value.
    bytes: Box<[u8]>,
    key_length: Option<usize>,
    has_value: bool,
    offset: i64,
    timestamp: Option<RecordTime>,
    headers: Box<[Header]>,
}

impl WaitingRecord {
    pub(crate) fn copy(record: &impl Record) -> Self {
        let (key, value) = (record.key(), record.value());
        Self {
            bytes: [key.unwrap_or_default(), value.unwrap_or_default()].concat().into(),
            key_length: key.map(<[u8]>::len),
            has_value: value.is_some(),
            offset: record.offset(),
            timestamp: record.timestamp(),
            headers: record.headers().into(),
        }
    }

    /// Its approximate size in memory.
    pub(crate) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
        size_of::<Self>() + self.bytes.len() + headers.sum::<usize>()
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(self.key_length.unwrap_or_default())
    }
}

impl Record for WaitingRecord {
    fn value(&self) -> Option<&[u8]> {
        self.has_value.then(|| self.parts().1)
    }

    fn key(&self) -> Option<&[u8]> {
        self.key_length.map(|_| self.parts().0)
    }

    fn offset(&self) -> i64 {
        self.offset
    }

    fn timestamp(&self) -> Option<RecordTime> {
        self.timestamp
    }

    fn headers(&self) -> Vec<Header> {
        self.headers.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{SetBy, StoredRecord};

    #[test]
    fn a_waiting_record_equals_the_original() {
        let timestamp = RecordTime { millis: 9, set_by: SetBy::Broker };
        let header = ("trace".to_owned(), Some(b"1".to_vec()));
        for key in [None, Some(Vec::new()), Some(b"key".to_vec())] {
            for value in [None, Some(Vec::new()), Some(b"value".to_vec())] {
                let (key, headers) = (key.clone(), vec![header.clone()]);
                let record = StoredRecord { key, value, headers, offset: 7, timestamp: Some(timestamp) };
                assert_eq!(WaitingRecord::copy(&record).store(), record);
            }
        }
    }
}
