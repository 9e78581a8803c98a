//! A record, independent of its transport: the types that all stages share.

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
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
pub(crate) enum SetBy {
    Producer,
    Broker,
}

impl RecordTime {
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
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
