//! Routes from topics to handlers: decided once, so that a record costs one lookup by its type.

use rustc_hash::FxHashMap;

use super::{Handler, Kind};
use crate::config::Config;

/// The topics that a service consumes, each with the handlers of its messages.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

/// A topic by its index in [`Routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteId(usize);

#[derive(Debug)]
struct Route {
    topic: String,
    commands: HandlerScope,
    events: HandlerScope,
    handlers: FxHashMap<&'static str, &'static Handler>,
}

/// Which handlers of a kind take the messages of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum HandlerScope {
    None,
    /// Handlers that name the topic.
    Named,
    /// Handlers that name the topic, and all that name no topic.
    All,
}

impl Routes {
    /// Collects the configured topics whose kind has a handler that names no topic, and the topics that handlers name.
    /// Configured events topics are consumed even without a handler.
    pub(crate) fn new(handlers: impl IntoIterator<Item = &'static Handler>, config: &Config) -> Self {
        let handlers: Vec<_> = handlers.into_iter().collect();
        let needed = |kind| handlers.iter().any(|handler| handler.kind == kind && handler.topic.is_none());
        let mut routes = Self(Vec::new());
        if needed(Kind::Command) {
            routes.add(&config.commands_topics, Kind::Command, HandlerScope::All);
        }
        if needed(Kind::Event) || config.subscribed_events_topics.is_some() {
            routes.add(config.effective_subscribed_events_topics(), Kind::Event, HandlerScope::All);
        }
        for handler in &handlers {
            routes.add(handler.topic, handler.kind, HandlerScope::Named);
        }
        routes.0.iter_mut().for_each(|route| route.fill(&handlers));
        routes
    }

    fn add(&mut self, topics: impl IntoIterator<Item: AsRef<str>>, kind: Kind, scope: HandlerScope) {
        for topic in topics {
            let topic = topic.as_ref();
            let index = self.0.iter().position(|route| route.topic == topic).unwrap_or_else(|| {
                self.0.push(Route::new(topic));
                self.0.len() - 1
            });
            let known = self.0[index].scope_mut(kind);
            *known = scope.max(*known);
        }
    }

    /// Every consumed topic, once.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|route| route.topic.as_str())
    }

    /// Every handler of any topic. A handler of several topics is repeated.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = &'static Handler> {
        self.0.iter().flat_map(|route| route.handlers.values().copied())
    }

    /// What a topic carries, for messages.
    pub(crate) fn purpose(&self, topic: &str) -> &'static str {
        match self.find(topic).map(|RouteId(index)| (self.0[index].commands, self.0[index].events)) {
            Some((HandlerScope::None, _)) => "events",
            Some((_, HandlerScope::None)) | None => "commands",
            Some(_) => "commands and events",
        }
    }

    /// The topics whose messages reach this handler.
    pub(crate) fn topics_of(&self, handler: &'static Handler) -> Vec<&str> {
        let reach =
            |route: &&Route| route.handlers.get(handler.name).is_some_and(|found| std::ptr::eq(*found, handler));
        self.0.iter().filter(reach).map(|route| route.topic.as_str()).collect()
    }

    /// A consumed topic.
    pub(crate) fn find(&self, topic: &str) -> Option<RouteId> {
        self.0.iter().position(|route| route.topic == topic).map(RouteId)
    }

    /// The handler for a message of this type. This lookup is on the hot path.
    #[inline]
    pub(crate) fn handler(&self, RouteId(index): RouteId, kind: &str) -> Option<&'static Handler> {
        self.0[index].handlers.get(kind).copied()
    }

    /// The kind of a message that has no handler on this topic. On a topic that carries both kinds it may be an event
    /// of another service, which is expected.
    pub(crate) fn unknown(&self, RouteId(index): RouteId) -> Kind {
        if self.0[index].events == HandlerScope::None { Kind::Command } else { Kind::Event }
    }

    /// Whether a record without a value is meaningful here: on a topic that carries only events, it says that a key was
    /// deleted. A topic that carries commands should have no such records.
    pub(crate) fn takes_tombstones(&self, RouteId(index): RouteId) -> bool {
        self.0[index].commands == HandlerScope::None
    }

    /// The handler on this topic with the name closest to an unknown one, if it is close enough to be what was meant.
    pub(crate) fn closest(&self, RouteId(index): RouteId, name: &str) -> Option<&'static str> {
        super::closest(name, self.0[index].handlers.values().copied()).map(|handler| handler.name)
    }
}

impl Route {
    fn new(topic: &str) -> Self {
        let (commands, events) = (HandlerScope::None, HandlerScope::None);
        Self { topic: topic.to_owned(), commands, events, handlers: FxHashMap::default() }
    }

    fn scope_mut(&mut self, kind: Kind) -> &mut HandlerScope {
        match kind {
            Kind::Command => &mut self.commands,
            Kind::Event => &mut self.events,
        }
    }

    /// Later entries replace earlier ones: a handler that names the topic takes precedence over one that does not, and
    /// a command over an event.
    fn fill(&mut self, all: &[&'static Handler]) {
        for (kind, scope) in [(Kind::Event, self.events), (Kind::Command, self.commands)] {
            for named in [false, true] {
                let takes = |handler: &&'static Handler| match handler.topic {
                    None => !named && scope == HandlerScope::All,
                    Some(topic) => named && topic == self.topic,
                };
                let handlers = all.iter().copied().filter(|handler| handler.kind == kind).filter(takes);
                let entries: Vec<_> = handlers.map(|handler| (handler.name, handler)).collect();
                self.handlers.extend(entries);
            }
        }
    }
}

#[cfg(test)]
mod tests;
