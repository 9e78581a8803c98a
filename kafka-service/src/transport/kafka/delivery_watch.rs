//! Checks whether the brokers acknowledge the records of each topic.
//!
//! librdkafka retries by itself and reports a record only at the end, which may be never with `message.timeout.ms=0`.
//! So one record of each topic at a time is a sample with a known age. One bit per topic says whether the next record
//! becomes a sample; one bit in the token marks the sample. For every other record the cost is reading these bits.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{sync, transport::Token};

/// The samples of all topics.
#[derive(Debug)]
pub(super) struct DeliveryWatch {
    /// One bit for each of the first topics: whether a sample is wanted.
    wanted: AtomicU64,
    samples: Mutex<BTreeMap<usize, Sample>>,
    acknowledged: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    token: Token,
    since: Instant,
}

/// The number of topics with a bit. A service writes to its events topic and to its dead-letter topics; topics beyond
/// this number are not watched.
const WATCHED: usize = u64::BITS as usize;

impl DeliveryWatch {
    pub(super) fn new() -> Self {
        Self { wanted: AtomicU64::new(u64::MAX), samples: Mutex::default(), acknowledged: AtomicU64::new(0) }
    }

    fn samples(&self) -> MutexGuard<'_, BTreeMap<usize, Sample>> {
        sync::lock(&self.samples)
    }

    /// Whether a record for the topic with index `place` should be a sample.
    #[inline]
    pub(super) fn wants(&self, index: usize) -> bool {
        index < WATCHED && self.wanted.load(Ordering::Relaxed) >> index & 1 != 0
    }

    /// Makes a record a sample before it is handed over, because its report may arrive at once.
    #[cold]
    pub(super) fn begin(&self, index: usize, token: Token) -> Token {
        self.wanted.fetch_and(!(1 << index), Ordering::Relaxed);
        let token = token.sampled();
        self.samples().insert(index, Sample { token, since: Instant::now() });
        token
    }

    /// Ends a sample: the client did not accept it, or its delivery report has arrived.
    #[cold]
    pub(super) fn end(&self, token: Token, acknowledged: bool) {
        self.samples().retain(|_, sample| sample.token != token);
        self.acknowledged.fetch_add(u64::from(acknowledged), Ordering::Relaxed);
    }

    /// The number of samples acknowledged so far.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// The topics whose sample has been unacknowledged for at least `limit`. The other topics get new samples.
    pub(super) fn overdue(&self, limit: Duration, now: Instant) -> Vec<usize> {
        let samples = self.samples();
        let waiting = samples.keys().fold(0, |bits, index| bits | 1 << index);
        self.wanted.store(!waiting, Ordering::Relaxed);
        let overdue = samples.iter().filter(|(_, sample)| now.duration_since(sample.since) >= limit);
        overdue.map(|(index, _)| *index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_overdue_until_its_sample_is_acknowledged() {
        let watch = DeliveryWatch::new();
        assert!(watch.wants(0) && watch.wants(1));
        let stuck = watch.begin(0, Token::position(1, 2));
        let good = watch.begin(1, Token::position(1, 3));
        assert!(!watch.wants(0) && !watch.wants(1), "one sample of a topic at a time");
        watch.end(good, true);
        let later = Instant::now() + Duration::from_secs(5);
        assert_eq!(watch.overdue(Duration::from_secs(4), later), [0]);
        assert!(!watch.wants(0) && watch.wants(1));
        watch.end(stuck, true);
        assert_eq!((watch.overdue(Duration::from_secs(4), later), watch.acknowledged()), (vec![], 2));
        assert!(watch.wants(0));
        assert!(!watch.wants(WATCHED), "topics beyond the bits are not watched");
    }
}
