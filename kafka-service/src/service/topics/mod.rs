//! The topics of a service.

use std::collections::HashMap;

use crate::{
    config::Config,
    registry::Routes,
    transport::{NeededTopic, TopicId},
};

/// The topics of a service, each once: what it writes to by [`TopicId`], and what it needs.
pub(super) struct Topics {
    pub(super) written: Vec<String>,
    pub(super) needed: Vec<NeededTopic>,
    pub(super) dead_letter: HashMap<String, TopicId>,
    /// Where commands are sent to that name no topic.
    pub(super) commands: TopicId,
}

impl Topics {
    pub(super) const EVENTS: TopicId = TopicId(0);

    pub(super) fn of(config: &Config, routes: &Routes) -> Self {
        let mut topics =
            Self { written: Vec::new(), needed: Vec::new(), dead_letter: HashMap::new(), commands: Self::EVENTS };
        topics.write(&config.events_topic, "published events");
        for topic in routes.topics() {
            topics.need(topic, routes.purpose(topic), false);
            let dead_letter = topics.write(&config.effective_dead_letter_topic(topic), "dead letters");
            topics.dead_letter.insert(topic.to_owned(), dead_letter);
        }
        if let Some(topic) = config.commands_topics.first() {
            topics.commands = topics.id(topic);
        }
        topics
    }

    fn need(&mut self, name: &str, purpose: &'static str, is_written: bool) {
        let index = self.needed.iter().position(|topic| topic.name == name).unwrap_or_else(|| {
            self.needed.push(NeededTopic { name: name.to_owned(), purpose, is_read: false, is_written: false });
            self.needed.len() - 1
        });
        let topic = &mut self.needed[index];
        topic.is_read |= !is_written;
        topic.is_written |= is_written;
    }

    fn write(&mut self, name: &str, purpose: &'static str) -> TopicId {
        self.need(name, purpose, true);
        self.id(name)
    }

    fn id(&mut self, name: &str) -> TopicId {
        if let Some(index) = self.written.iter().position(|topic| topic == name) {
            return TopicId(index);
        }
        self.written.push(name.to_owned());
        TopicId(self.written.len() - 1)
    }
}

#[cfg(test)]
mod tests;
