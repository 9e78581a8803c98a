//! What a record is, independent of its transport: the types that all stages share.

/// Where a record is in Kafka, and what it carries besides its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) timestamp: Option<RecordTime>,
}

/// The timestamp of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordTime {
    /// Milliseconds since the Unix epoch.
    pub(crate) millis: i64,
    pub(crate) set_by: SetBy,
}

/// Whose clock a timestamp is from: the topic's setting `message.timestamp.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetBy {
    Producer,
    Broker,
}

impl RecordTime {
    pub(crate) fn of_producer(millis: i64) -> Self {
        Self { millis, set_by: SetBy::Producer }
    }
}

/// One header: a name and a value, which may be absent.
pub(crate) type Header = (String, Option<Vec<u8>>);

/// A record as a transport holds it. It is read in place; to keep it, copy it to a [`StoredRecord`].
pub(crate) trait Record: Send + 'static {
    /// The value; `None` for a tombstone.
    fn value(&self) -> Option<&[u8]>;
    fn key(&self) -> Option<&[u8]>;
    fn offset(&self) -> i64;
    fn timestamp(&self) -> Option<RecordTime>;
    /// Copies the headers. Not for the hot path: reading headers costs as much as decoding an envelope.
    fn headers(&self) -> Vec<Header>;

    /// Copies the record into its parts.
    fn store(&self) -> StoredRecord {
        StoredRecord {
            value: self.value().map(<[u8]>::to_vec),
            key: self.key().map(<[u8]>::to_vec),
            offset: self.offset(),
            timestamp: self.timestamp(),
            headers: self.headers(),
        }
    }
}

/// An owned record whose parts can all be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRecord {
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) offset: i64,
    pub(crate) timestamp: Option<RecordTime>,
    pub(crate) headers: Vec<Header>,
}

impl Record for StoredRecord {
    fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }

    fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    fn offset(&self) -> i64 {
        self.offset
    }

    fn timestamp(&self) -> Option<RecordTime> {
        self.timestamp
    }

    fn headers(&self) -> Vec<Header> {
        self.headers.clone()
    }
}

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
