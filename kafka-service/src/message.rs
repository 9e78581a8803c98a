//! What a record is, whatever brought it: the vocabulary that the stages share.

/// Where a record stands in Kafka and what travels beside its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<&'a [u8]>,
    /// Milliseconds since the Unix epoch, as the producer or the broker set it.
    pub(crate) timestamp: Option<i64>,
}

/// One header: a name and a value that may be absent.
pub(crate) type Header = (String, Option<Vec<u8>>);

/// A record as a transport holds it. It is read in place; whoever has to keep it takes a [`StoredRecord`].
pub(crate) trait Record: Send + 'static {
    /// The value; `None` is a tombstone.
    fn value(&self) -> Option<&[u8]>;
    fn key(&self) -> Option<&[u8]>;
    fn offset(&self) -> i64;
    fn timestamp(&self) -> Option<i64>;
    /// Copies the headers. Not for the hot path: looking at headers costs as much as decoding an envelope.
    fn headers(&self) -> Vec<Header>;

    /// Copies the record out of the transport's memory.
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

/// A record that waits, copied out so that it keeps no fetched batch and no consumer alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRecord {
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) offset: i64,
    pub(crate) timestamp: Option<i64>,
    pub(crate) headers: Vec<Header>,
}

impl StoredRecord {
    /// What it takes in memory, roughly.
    pub(crate) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
        let parts = self.value.as_ref().map_or(0, Vec::len) + self.key.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + parts + headers.sum::<usize>()
    }
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

    fn timestamp(&self) -> Option<i64> {
        self.timestamp
    }

    fn headers(&self) -> Vec<Header> {
        self.headers.clone()
    }
}
