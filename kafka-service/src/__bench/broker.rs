//! A broker in memory, with the interfaces that the engine expects: a consuming client and a producer.

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;

use crate::{
    acks::Acks,
    message::{Header, Record, RecordTime, StoredRecord},
    sync,
    transport::{
        Client, ClientEvent, CommitAnswer, DeliveryReports as _, FetchError, OutRecord, Position, Producer, ReadBack,
        SendError, Token, TopicPartition,
    },
};

/// The number of partitions of the commands topic.
pub const PARTITIONS: usize = 8;
pub(super) const TOPIC: &str = "service_commands";
/// The number of consecutive records of one partition: a fetch returns many of one, then many of the next.
const RUN: u64 = 128;

/// A command as stored in the topic.
#[derive(Clone, Debug)]
pub struct Command {
    /// The record's key.
    pub key: Vec<u8>,
    /// The envelope.
    pub value: Vec<u8>,
}

/// The state of the group and the topic. The same commands are repeated at ever higher offsets.
pub(super) struct Group {
    /// The number of commands in the topic so far.
    pub(super) offered: Cell<u64>,
    taken: Cell<u64>,
    committed: RefCell<[i64; PARTITIONS]>,
}

impl Group {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self { offered: Cell::new(0), taken: Cell::new(0), committed: RefCell::default() })
    }

    /// The number of committed records, over all partitions.
    pub(super) fn committed(&self) -> u64 {
        self.committed.borrow().iter().map(|offset| offset.unsigned_abs()).sum()
    }
}

/// The consuming client. Without a pace it never waits.
pub(super) struct MemoryClient {
    /// By key. A key belongs to the partition with its number modulo the number of partitions.
    commands: &'static [Command],
    group: Rc<Group>,
    events: Vec<ClientEvent>,
    pace: Option<Rc<Pace>>,
}

/// When commands arrive, if they do not arrive at once, and when the client received them.
pub(super) struct Pace {
    next: Cell<Instant>,
    every: Duration,
    pub(super) given: RefCell<Vec<Instant>>,
}

impl Pace {
    pub(super) fn new(every: Duration) -> Rc<Self> {
        Rc::new(Self { next: Cell::new(Instant::now()), every, given: RefCell::default() })
    }

    /// Waits for the next command, at most this long, and adds those that are due.
    fn wait(&self, group: &Group, longest: Duration) {
        thread::sleep(self.next.get().saturating_duration_since(Instant::now()).min(longest));
        let now = Instant::now();
        while self.next.get() <= now {
            self.next.set(self.next.get() + self.every);
            group.offered.set(group.offered.get() + 1);
            self.given.borrow_mut().push(now);
        }
    }
}

impl MemoryClient {
    /// The commands are leaked, so that a record costs no more than a reference.
    pub(super) fn new(commands: Vec<Command>, group: Rc<Group>) -> Self {
        assert_eq!(commands.len() % PARTITIONS, 0, "every partition has as many commands");
        let names = (0..PARTITIONS).filter_map(|partition| i32::try_from(partition).ok());
        let assigned = names.map(|partition| TopicPartition::new(TOPIC, partition)).collect();
        Self { commands: commands.leak(), group, events: vec![ClientEvent::Assigned(assigned)], pace: None }
    }

    /// Makes it wait and deliver commands at a pace.
    pub(super) fn paced(self, pace: Rc<Pace>) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// The record with this number in the order of delivery.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small numbers")]
    fn record(&self, number: u64) -> MemoryRecord {
        let (run, place) = (number / RUN, number % RUN);
        let partition = run as usize % PARTITIONS;
        let offset = run / PARTITIONS as u64 * RUN + place;
        let of_partition = offset as usize % (self.commands.len() / PARTITIONS);
        let command = &self.commands[of_partition * PARTITIONS + partition];
        MemoryRecord { command, partition: partition as i32, offset: offset as i64 }
    }
}

/// A record whose memory belongs to the client.
#[derive(Debug)]
pub(super) struct MemoryRecord {
    command: &'static Command,
    partition: i32,
    offset: i64,
}

impl Record for MemoryRecord {
    fn value(&self) -> Option<&[u8]> {
        Some(&self.command.value)
    }

    fn key(&self) -> Option<&[u8]> {
        Some(&self.command.key)
    }

    fn offset(&self) -> i64 {
        self.offset
    }

    fn timestamp(&self) -> Option<RecordTime> {
        Some(RecordTime::of_producer(self.offset))
    }

    fn headers(&self) -> Vec<Header> {
        Vec::new()
    }
}

impl Client for MemoryClient {
    type Record = MemoryRecord;

    fn serve(&mut self, _: Duration) -> Vec<ClientEvent> {
        mem::take(&mut self.events)
    }

    fn take(&mut self, limit: usize, wait: Duration) -> Vec<MemoryRecord> {
        if let Some(pace) = &self.pace {
            pace.wait(&self.group, wait);
        }
        let (taken, offered) = (self.group.taken.get(), self.group.offered.get());
        let until = offered.min(taken + limit as u64);
        self.group.taken.set(until);
        (taken..until).map(|number| self.record(number)).collect()
    }

    fn handle(record: &MemoryRecord) -> (usize, i32) {
        (0, record.partition)
    }

    fn topic(_: &MemoryRecord) -> String {
        TOPIC.to_owned()
    }

    fn error(_: &MemoryRecord) -> Option<FetchError> {
        None
    }

    fn assign(&mut self, _: &[TopicPartition]) {}

    fn unassign(&mut self, _: &[TopicPartition]) {}

    fn is_lost(&self) -> bool {
        false
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        let mut committed = self.group.committed.borrow_mut();
        for (name, offset) in offsets {
            committed[name.partition.unsigned_abs() as usize] = *offset;
        }
        self.events.push(ClientEvent::Committed(CommitAnswer::Accepted(offsets.to_vec())));
        Ok(())
    }

    fn commit_back(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        self.commit(offsets)
    }

    fn seek(&mut self, _: &[(TopicPartition, Position)]) {}

    fn hold(&mut self, _: &[TopicPartition]) {}

    fn release(&mut self, _: &[TopicPartition]) {}

    fn pause(&mut self, _: &[TopicPartition]) {}

    fn resume(&mut self, _: &[TopicPartition]) {}

    fn unsubscribe(&mut self) {}
}

/// The produced records.
#[derive(Default)]
pub(super) struct Outbox(Mutex<Sent>);

#[derive(Default)]
pub(super) struct Sent {
    unacknowledged: Vec<Token>,
    pub(super) events: u64,
    pub(super) bytes: u64,
    /// The first event, to check that it is one.
    pub(super) first: Option<Vec<u8>>,
}

impl Outbox {
    pub(super) fn sent(&self) -> MutexGuard<'_, Sent> {
        sync::lock(&self.0)
    }

    /// Acknowledges everything, as a broker does for a whole batch.
    pub(super) fn acknowledge(&self, acks: &Acks) {
        for token in self.sent().unacknowledged.drain(..) {
            acks.delivered(token);
        }
    }

    /// The number of acknowledged events.
    pub(super) fn acknowledged(&self) -> u64 {
        let sent = self.sent();
        sent.events - sent.unacknowledged.len() as u64
    }
}

/// The producer. It copies nothing: copying a record is the work of librdkafka, and always costs the same.
pub(super) struct MemoryProducer(pub(super) Arc<Outbox>);

impl Producer for MemoryProducer {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let mut sent = self.0.sent();
        let value = record.value.unwrap_or_default();
        if sent.first.is_none() {
            sent.first = Some(value.to_vec());
        }
        sent.events += 1;
        sent.bytes += (value.len() + record.key.map_or(0, <[u8]>::len)) as u64;
        sent.unacknowledged.push(token);
        Ok(())
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

/// Nothing is ever read back, because nothing is ever rejected.
pub(super) struct NoReadBack;

impl ReadBack for NoReadBack {
    fn read(&self, _: &str, _: i32, _: i64) -> BoxFuture<'static, Result<Option<StoredRecord>, String>> {
        Box::pin(async { Ok(None) })
    }
}
