//! The topics that a producer writes to: those known at startup, and those added later.

use std::sync::{Arc, OnceLock, RwLock};

use rdkafka::producer::{BaseProducer, ProducerContext};

use super::ffi::TopicHandle;
use crate::sync;

/// A limit, so that a program that makes up topic names does not exhaust the memory.
const MOST_ADDED: usize = 1_000;

/// The names of the topics, which outlive a client.
pub(super) struct TopicNames {
    known: Vec<String>,
    added: RwLock<Vec<String>>,
}

impl TopicNames {
    pub(super) fn new(known: Vec<String>) -> Self {
        Self { known, added: RwLock::default() }
    }

    /// The name of the topic with this index.
    pub(super) fn name(&self, index: usize) -> String {
        let added = || {
            let added = sync::read(&self.added);
            added.get(index.checked_sub(self.known.len())?).cloned()
        };
        self.known.get(index).cloned().or_else(added).unwrap_or_default()
    }

    /// The index of a topic, if it is known.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        let index = |names: &[String]| names.iter().position(|known| known == name);
        let added = || sync::read(&self.added);
        index(&self.known).or_else(|| Some(self.known.len() + index(&added())?))
    }
}

/// The handles of one client for the topics, in the same order.
pub(super) struct TopicHandles<C: ProducerContext + 'static> {
    known: Vec<Topic<C>>,
    added: RwLock<Vec<Topic<C>>>,
}

/// A topic with its handle, which is created when the topic is first written to. Creating it before the client has a
/// connection costs 0.3 s: librdkafka requests the topic's metadata at once, in vain, and tries again on a timer.
struct Topic<C: ProducerContext + 'static> {
    name: String,
    handle: OnceLock<TopicHandle<C>>,
}

impl<C: ProducerContext<DeliveryOpaque = usize> + 'static> Topic<C> {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), handle: OnceLock::new() }
    }

    #[inline]
    fn handle(&self, producer: &Arc<BaseProducer<C>>) -> Result<&TopicHandle<C>, String> {
        if let Some(handle) = self.handle.get() {
            return Ok(handle);
        }
        let handle = TopicHandle::new(producer, &self.name);
        let handle = handle.ok_or_else(|| format!("cannot create a handle for topic `{}`", self.name))?;
        Ok(self.handle.get_or_init(|| handle))
    }
}

impl<C: ProducerContext<DeliveryOpaque = usize> + 'static> TopicHandles<C> {
    pub(super) fn new(names: &TopicNames) -> Self {
        let topics = |names: &[String]| names.iter().map(|name| Topic::new(name)).collect();
        let added = sync::read(&names.added);
        Self { known: topics(&names.known), added: RwLock::new(topics(&added)) }
    }

    /// Adds a topic, unless it exists. Returns its index.
    pub(super) fn add(&self, producer: &Arc<BaseProducer<C>>, names: &TopicNames, name: &str) -> Result<usize, String> {
        // Locked first, so that a topic that another thread adds at this moment is seen.
        let mut topics = sync::write(&self.added);
        if let Some(index) = names.index_of(name) {
            return Ok(index);
        }
        if topics.len() >= MOST_ADDED {
            return Err(format!("limit of {MOST_ADDED} additional topics for one producer reached"));
        }
        let topic = Topic::new(name);
        topic.handle(producer)?;
        topics.push(topic);
        sync::write(&names.added).push(name.to_owned());
        Ok(self.known.len() + topics.len() - 1)
    }

    /// Uses the topic with this index. A topic known at startup needs no lock.
    pub(super) fn with<T>(
        &self,
        producer: &Arc<BaseProducer<C>>,
        index: usize,
        write: impl FnOnce(&str, &TopicHandle<C>) -> T,
    ) -> Result<T, String> {
        if let Some(topic) = self.known.get(index) {
            return Ok(write(&topic.name, topic.handle(producer)?));
        }
        let added = sync::read(&self.added);
        let topic = &added[index - self.known.len()];
        Ok(write(&topic.name, topic.handle(producer)?))
    }
}
