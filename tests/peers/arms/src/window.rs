//! The records in flight, and the watermark: the offset below which everything is acknowledged.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU8, Ordering},
};

use rdkafka::{Offset, TopicPartitionList, message::DeliveryResult, producer::ProducerContext};

/// The maximum number of records in flight per partition. A power of two.
const RING: usize = 1 << 15;
/// The maximum number of assignments in the life of a process.
const ASSIGNMENTS: usize = 1 << 13;
/// The lower bits of a token are the offset, the upper ones the assignment.
const OFFSET_BITS: u32 = 40;

type Ring = Box<[AtomicU8]>;

/// One byte per record in flight, for each assignment of a partition. A late acknowledgement finds its own ring.
#[derive(Clone, Debug)]
pub struct Acks(Arc<[OnceLock<Ring>]>);

impl Default for Acks {
    fn default() -> Self {
        Self((0..ASSIGNMENTS).map(|_| OnceLock::new()).collect())
    }
}

impl Acks {
    /// Finishes the record with this token.
    pub fn acknowledge(&self, token: usize) {
        if let Some(ring) = self.0[token >> OFFSET_BITS].get() {
            ring[token & (RING - 1)].store(1, Ordering::Release);
        }
    }

    fn add(&self, assignment: usize) {
        let ring = (0..RING).map(|_| AtomicU8::new(0)).collect();
        self.0[assignment].set(ring).expect("each assignment has its own number");
    }
}

impl rdkafka::ClientContext for Acks {}

impl ProducerContext for Acks {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, token: usize) {
        assert!(result.is_ok(), "an event was not delivered: {result:?}");
        self.acknowledge(token);
    }
}

/// The result of offering a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in flight until this token is acknowledged.
    Token(usize),
    /// Its partition has too many records in flight.
    Full,
    /// Its partition was revoked.
    NotOurs,
}

#[derive(Debug)]
struct Partition {
    assignment: usize,
    /// The next offset to commit: everything below is acknowledged.
    head: i64,
    /// The next expected offset.
    tail: i64,
    committed: i64,
}

/// The records in flight in the partitions of this process.
#[derive(Debug, Default)]
pub struct Window {
    partitions: Vec<Option<Partition>>,
    assignments: usize,
    acks: Acks,
}

impl Window {
    /// With the acknowledgements of this producer.
    #[must_use]
    pub fn new(acks: Acks) -> Self {
        Self { partitions: Vec::new(), assignments: 0, acks }
    }

    /// Adds an assigned partition.
    pub fn assign(&mut self, partition: i32) {
        let index = index(partition);
        if self.partitions.len() <= index {
            self.partitions.resize_with(index + 1, || None);
        }
        self.acks.add(self.assignments);
        self.partitions[index] = Some(Partition { assignment: self.assignments, head: -1, tail: -1, committed: -1 });
        self.assignments += 1;
    }

    /// Removes a revoked partition.
    pub fn revoke(&mut self, partition: i32) {
        self.partitions[index(partition)] = None;
    }

    /// Takes a record. Offsets have no gaps here: topics are neither compacted nor transactional.
    pub fn take(&mut self, partition: i32, offset: i64) -> Taken {
        let Some(Some(place)) = self.partitions.get_mut(index(partition)) else { return Taken::NotOurs };
        if place.tail != offset {
            assert_eq!(place.tail, -1, "partition {partition} skips from {} to {offset}", place.tail);
            (place.head, place.tail, place.committed) = (offset, offset, offset);
        }
        if place.is_full() {
            place.advance(&self.acks);
            if place.is_full() {
                return Taken::Full;
            }
        }
        place.tail += 1;
        Taken::Token(place.assignment << OFFSET_BITS | offset as usize)
    }

    /// Whether the partition has no records in flight.
    pub fn is_done(&mut self, partition: i32) -> bool {
        let Some(Some(place)) = self.partitions.get_mut(index(partition)) else { return true };
        place.advance(&self.acks);
        place.head == place.tail
    }

    /// The watermarks that advanced since the last call.
    ///
    /// # Panics
    /// Never: an offset is not negative.
    pub fn due(&mut self, topic: &str) -> TopicPartitionList {
        let mut due = TopicPartitionList::new();
        for (partition, place) in self.partitions.iter_mut().enumerate() {
            let Some(place) = place else { continue };
            place.advance(&self.acks);
            if place.head > place.committed {
                place.committed = place.head;
                due.add_partition_offset(topic, partition as i32, Offset::Offset(place.head)).expect("a valid offset");
            }
        }
        due
    }
}

impl Partition {
    fn is_full(&self) -> bool {
        self.tail - self.head >= RING as i64
    }

    fn advance(&mut self, acks: &Acks) {
        let ring = acks.0[self.assignment].get().expect("it was added with the assignment");
        while self.head < self.tail {
            let cell = &ring[self.head as usize & (RING - 1)];
            if cell.load(Ordering::Acquire) == 0 {
                break;
            }
            cell.store(0, Ordering::Relaxed);
            self.head += 1;
        }
    }
}

fn index(partition: i32) -> usize {
    usize::try_from(partition).expect("a partition number is not negative")
}
