//! Reads records from the start of a topic, and the committed offsets of a group.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::topic_partition_list::Offset;

use crate::client::{Client, PATIENCE, REQUEST, create, is_transient};
use crate::message::Record;
use crate::wait_until;

/// How many records are read before the caller's condition is checked again.
const BATCH: usize = 1_000;

impl Client {
    /// Reads every record of the topic, from the start to the log end at the time of the call. Records of one partition
    /// are in order. No group is used, so it can be called repeatedly.
    ///
    /// # Panics
    /// Panics when it takes more than a minute.
    #[must_use]
    pub fn read_all(&self, topic: &str) -> Vec<Record> {
        let mut reader = Reader::open(self, topic);
        let start = Instant::now();
        while reader.ended.len() < reader.partitions {
            reader.read();
            assert!(start.elapsed() < PATIENCE, "the end of {topic} is not reached in {PATIENCE:?}; {}", reader.seen());
        }
        reader.finish()
    }

    /// Reads from the start, and continues as records arrive, until the condition holds for all records so far.
    ///
    /// # Panics
    /// Panics at the deadline, with `what`, the number of records and the last record.
    #[track_caller]
    pub fn read_until(
        &self,
        topic: &str,
        deadline: Duration,
        what: &str,
        mut done: impl FnMut(&[Record]) -> bool,
    ) -> Vec<Record> {
        let mut reader = Reader::open(self, topic);
        let start = Instant::now();
        while !done(&reader.records) {
            assert!(
                start.elapsed() < deadline,
                "timed out after {deadline:?} waiting for: {what}; on {topic} {}",
                reader.seen()
            );
            reader.read();
        }
        reader.finish()
    }

    /// Reads from the start until there are that many records.
    ///
    /// # Panics
    /// Panics at the deadline, with the number of records and the last record.
    #[track_caller]
    pub fn read_count(&self, topic: &str, deadline: Duration, count: usize) -> Vec<Record> {
        self.read_until(topic, deadline, &format!("{count} records"), |records| records.len() >= count)
    }

    /// The log end offset of each partition.
    ///
    /// # Panics
    /// Panics when the broker does not answer within a minute.
    #[must_use]
    pub fn end_offsets(&self, topic: &str) -> Vec<i64> {
        let end = |partition| {
            // A client that has lost its brokers during an outage (librdkafka 2.12.1) finds no partition again.
            let asked = self.metadata().fetch_watermarks(topic, partition, REQUEST).ok();
            let again = || connect(self).fetch_watermarks(topic, partition, REQUEST);
            asked.unwrap_or_else(|| insist("the end of a partition", again)).1
        };
        (0..self.partitions(topic)).map(end).collect()
    }

    /// The group's committed offset of each partition; -1 if it has none.
    ///
    /// # Panics
    /// Panics when the broker does not answer within a minute.
    #[must_use]
    pub fn committed(&self, group: &str, topic: &str) -> Vec<i64> {
        let mut config = self.config();
        config.set("group.id", group).set("enable.auto.commit", "false");
        let consumer: BaseConsumer = create(&config);
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition_range(topic, 0, self.partitions(topic) - 1);
        let committed = insist("the group's committed offsets", || {
            consumer.committed_offsets(wanted.clone(), REQUEST).and_then(checked)
        });
        let mut offsets: Vec<_> = committed.elements().iter().map(|each| (each.partition(), each.offset())).collect();
        offsets.sort_unstable_by_key(|&(partition, _)| partition);
        offsets.into_iter().map(|(_, offset)| if let Offset::Offset(offset) = offset { offset } else { -1 }).collect()
    }

    /// Commits offsets for a group without members, one for each partition from partition 0 on.
    ///
    /// # Panics
    /// Panics when the commit fails for a minute.
    pub fn commit(&self, group: &str, topic: &str, offsets: &[i64]) {
        let mut config = self.config();
        config.set("group.id", group).set("enable.auto.commit", "false");
        let consumer: BaseConsumer = create(&config);
        let mut list = TopicPartitionList::new();
        for (partition, offset) in (0..).zip(offsets) {
            let added = list.add_partition_offset(topic, partition, Offset::Offset(*offset));
            added.unwrap_or_else(|error| panic!("{topic}-{partition} cannot be committed at {offset}: {error}"));
        }
        // The coordinator of a new group may still be unknown.
        wait_until(PATIENCE, "the offsets to be committed", || consumer.commit(&list, CommitMode::Sync));
    }

    /// The group's lag: the number of records that it has not committed. A partition without records has none.
    ///
    /// # Panics
    /// Panics when the broker does not answer within a minute.
    #[must_use]
    pub fn lag(&self, group: &str, topic: &str) -> i64 {
        let ends = self.end_offsets(topic);
        let behind = ends.iter().zip(self.committed(group, topic)).map(|(end, committed)| end - committed.max(0));
        behind.sum()
    }
}

/// Retries until the cluster has settled enough to answer.
#[track_caller]
fn insist<T>(what: &str, mut ask: impl FnMut() -> KafkaResult<T>) -> T {
    wait_until(PATIENCE, what, || match ask() {
        Err(error) if !is_transient(&error) => panic!("the broker does not report {what}: {error}"),
        answer => answer,
    })
}

/// librdkafka returns success for a list although single partitions failed.
fn checked(list: TopicPartitionList) -> KafkaResult<TopicPartitionList> {
    for element in list.elements() {
        element.error()?;
    }
    Ok(list)
}

struct Reader<'a> {
    client: &'a Client,
    consumer: BaseConsumer,
    records: Vec<Record>,
    partitions: usize,
    /// The partitions whose end was reached at least once.
    ended: HashSet<i32>,
    last_error: Option<KafkaError>,
}

impl<'a> Reader<'a> {
    fn open(client: &'a Client, topic: &str) -> Self {
        let idle = client.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let consumer = idle.unwrap_or_else(|| connect(client));
        let partitions = client.partitions(topic);
        // A consumer that knows the leaders starts at once; without them it looks only after half a second.
        consumer.fetch_metadata(Some(topic), REQUEST).ok();
        let mut assignment = TopicPartitionList::new();
        for partition in 0..partitions {
            let added = assignment.add_partition_offset(topic, partition, Offset::Beginning);
            added.unwrap_or_else(|error| panic!("{topic}-{partition} cannot be read from its start: {error}"));
        }
        consumer.assign(&assignment).unwrap_or_else(|error| panic!("{topic} cannot be assigned: {error}"));
        let partitions = usize::try_from(partitions).unwrap_or(0);
        Self { client, consumer, records: Vec::new(), partitions, ended: HashSet::new(), last_error: None }
    }

    /// Waits briefly for a record, and takes the records that arrived with it.
    fn read(&mut self) {
        let mut wait = Duration::from_millis(50);
        for _ in 0..BATCH {
            match self.consumer.poll(wait) {
                None => return,
                Some(Ok(message)) => self.records.push(record(&message)),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.ended.insert(partition);
                }
                Some(Err(error)) if is_transient(&error) => self.last_error = Some(error),
                Some(Err(error)) => panic!("cannot read on: {error}; {}", self.seen()),
            }
            wait = Duration::ZERO;
        }
    }

    /// Returns the records and keeps the connections for the next reader.
    fn finish(self) -> Vec<Record> {
        if self.consumer.unassign().is_ok() {
            self.client.readers.lock().unwrap_or_else(PoisonError::into_inner).push(self.consumer);
        }
        self.records
    }

    fn seen(&self) -> String {
        let (count, last) = (self.records.len(), self.records.last());
        let error = self.last_error.as_ref().map(|error| format!(", last error: {error}"));
        let last = last.map(|record| format!(", the last: {} {record:?}", String::from_utf8_lossy(value(record))));
        format!("there are {count} records{}{}", last.unwrap_or_default(), error.unwrap_or_default())
    }
}

fn connect(client: &Client) -> BaseConsumer {
    let mut config = client.config();
    // librdkafka requires a group for every consumer; this one neither joins nor commits.
    config.set("group.id", "kafka-service-tests-reader").set("enable.auto.commit", "false");
    // How long the broker delays an empty fetch response, and so the minimum duration of every read.
    config.set("enable.partition.eof", "true").set("fetch.wait.max.ms", "10");
    create(&config)
}

fn value(record: &Record) -> &[u8] {
    record.value.as_deref().unwrap_or_default()
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Record {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect(),
    }
}
