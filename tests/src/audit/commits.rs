//! The accepted commits, from the broker's own log of them: the topic `__consumer_offsets`.

use serde::Serialize;

use crate::{Client, Record};

/// One accepted commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next offset to read.
    pub offset: i64,
    /// Its time, in milliseconds since the epoch.
    pub at: u64,
}

/// All accepted commits of a group for a topic, in order within a partition. Empty if the broker has no such log, like
/// librdkafka's mock cluster.
///
/// # Panics
/// Panics when the topic cannot be read.
#[must_use]
pub fn commits(client: &Client, group: &str, topic: &str) -> Vec<Commit> {
    const LOG: &str = "__consumer_offsets";
    if !client.topic_exists(LOG) {
        return Vec::new();
    }
    client.read_all(LOG).iter().filter_map(|record| commit(record, group, topic)).collect()
}

/// Key: version 0 or 1, group, topic, partition. Value: version, offset, and fields that are not needed here.
fn commit(record: &Record, group: &str, topic: &str) -> Option<Commit> {
    let mut key = Bytes(record.key.as_deref()?);
    let version = key.i16()?;
    if !(0..=1).contains(&version) || key.text()? != group.as_bytes() || key.text()? != topic.as_bytes() {
        return None;
    }
    let partition = key.i32()?;
    let mut value = Bytes(record.value.as_deref()?);
    value.i16()?;
    let at = u64::try_from(record.timestamp?).ok()?;
    Some(Commit { partition, offset: value.i64()?, at })
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.i16()?).ok()?;
        self.take(length)
    }
}
