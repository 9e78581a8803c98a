//! The topics that a producer writes to: those that were known at the start, and those that were asked for later.

use std::sync::{Arc, PoisonError, RwLock};

use rdkafka::{
    error::KafkaError,
    producer::{ProducerContext, ThreadedProducer},
};

use super::ffi::TopicHandle;

/// A program that makes up topic names must not fill the memory.
const MOST_ADDED: usize = 1_000;

/// The names, which outlive a client.
pub(super) struct TopicNames {
    known: Vec<String>,
    added: RwLock<Vec<String>>,
}

impl TopicNames {
    pub(super) fn new(known: Vec<String>) -> Self {
        Self { known, added: RwLock::default() }
    }

    /// The place of a topic, if there is such a topic.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let place = |names: &[String]| names.iter().position(|known| known == name);
        let added = || self.added.read().unwrap_or_else(PoisonError::into_inner);
        place(&self.known).or_else(|| Some(self.known.len() + place(&added())?))
    }
}

/// What one client needs to write to the topics, in the same order.
pub(super) struct TopicHandles<C: ProducerContext + 'static> {
    known: Vec<(String, TopicHandle<C>)>,
    added: RwLock<Vec<(String, TopicHandle<C>)>>,
}

impl<C: ProducerContext<DeliveryOpaque = usize> + 'static> TopicHandles<C> {
    pub(super) fn new(producer: &Arc<ThreadedProducer<C>>, names: &TopicNames) -> Result<Self, KafkaError> {
        let handles = |names: &[String]| names.iter().map(|name| handle(producer, name)).collect::<Result<_, _>>();
        let added = names.added.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Self { known: handles(&names.known)?, added: RwLock::new(handles(&added)?) })
    }

    /// Adds a topic, unless it is there already; its place.
    pub(super) fn add(
        &self,
        producer: &Arc<ThreadedProducer<C>>,
        names: &TopicNames,
        name: &str,
    ) -> Result<usize, String> {
        // Taken first, so that a topic that somebody else adds at this moment is seen.
        let mut handles = self.added.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = names.place(name) {
            return Ok(place);
        }
        if handles.len() >= MOST_ADDED {
            return Err(format!("this producer writes to {MOST_ADDED} topics beside its own already"));
        }
        handles.push(handle(producer, name).map_err(|error| error.to_string())?);
        names.added.write().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        Ok(self.known.len() + handles.len() - 1)
    }

    /// Uses the topic at a place. A topic that was known at the start costs no lock.
    pub(super) fn with<T>(&self, place: usize, write: impl FnOnce(&str, &TopicHandle<C>) -> T) -> T {
        if let Some((name, handle)) = self.known.get(place) {
            return write(name, handle);
        }
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        let (name, handle) = &added[place - self.known.len()];
        write(name, handle)
    }
}

fn handle<C: ProducerContext<DeliveryOpaque = usize> + 'static>(
    producer: &Arc<ThreadedProducer<C>>,
    name: &str,
) -> Result<(String, TopicHandle<C>), KafkaError> {
    match TopicHandle::new(producer, name) {
        Some(handle) => Ok((name.to_owned(), handle)),
        None => Err(KafkaError::ClientCreation(format!("topic `{name}` is not possible"))),
    }
}
