//! Who takes the messages of which topic: decided once, so that a record costs one look-up by its type.

use rustc_hash::FxHashMap;

use super::{Handler, Kind};
use crate::config::Config;

/// The topics that a service consumes, each with the handlers of its messages.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

/// A topic by its place in [`Routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteId(usize);

#[derive(Debug)]
struct Route {
    topic: String,
    commands: Takers,
    events: Takers,
    handlers: FxHashMap<&'static str, &'static Handler>,
}

/// Which handlers of a kind take the messages of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takers {
    Nobody,
    /// Those that name the topic.
    Named,
    /// Those, and all that name no topic.
    All,
}

impl Routes {
    /// The configured topics, for the kinds of which there is a handler that names no topic, and the topics that handlers
    /// name. Events topics that somebody listed are consumed even without a handler.
    pub(crate) fn new(handlers: impl IntoIterator<Item = &'static Handler>, config: &Config) -> Self {
        let handlers: Vec<_> = handlers.into_iter().collect();
        let needed = |kind| handlers.iter().any(|handler| handler.kind == kind && handler.topic.is_none());
        let mut routes = Self(Vec::new());
        if needed(Kind::Command) {
            routes.add(&config.commands_topics, Kind::Command, Takers::All);
        }
        if needed(Kind::Event) || config.subscribed_events_topics.is_some() {
            routes.add(config.effective_subscribed_events_topics(), Kind::Event, Takers::All);
        }
        for handler in &handlers {
            routes.add(handler.topic, handler.kind, Takers::Named);
        }
        routes.0.iter_mut().for_each(|route| route.fill(&handlers));
        routes
    }

    fn add(&mut self, topics: impl IntoIterator<Item: AsRef<str>>, kind: Kind, takers: Takers) {
        for topic in topics {
            let topic = topic.as_ref();
            let place = self.0.iter().position(|route| route.topic == topic).unwrap_or_else(|| {
                self.0.push(Route::new(topic));
                self.0.len() - 1
            });
            let known = self.0[place].takers_mut(kind);
            *known = takers.max(*known);
        }
    }

    /// Every consumed topic, once.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|route| route.topic.as_str())
    }

    /// Every handler that some topic has; those of several topics several times.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = &'static Handler> {
        self.0.iter().flat_map(|route| route.handlers.values().copied())
    }

    /// What a topic carries, for people.
    pub(crate) fn purpose(&self, topic: &str) -> &'static str {
        match self.find(topic).map(|RouteId(place)| (self.0[place].commands, self.0[place].events)) {
            Some((Takers::Nobody, _)) => "events",
            Some((_, Takers::Nobody)) | None => "commands",
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

    /// The handler for a message of this type. This is the look-up of the hot path.
    #[inline]
    pub(crate) fn handler(&self, RouteId(place): RouteId, kind: &str) -> Option<&'static Handler> {
        self.0[place].handlers.get(kind).copied()
    }

    /// What a message is that nobody on this topic takes. Where a topic carries both kinds it may be an event of somebody
    /// else's, which is nothing to worry about.
    pub(crate) fn unknown(&self, RouteId(place): RouteId) -> Kind {
        if self.0[place].events == Takers::Nobody { Kind::Command } else { Kind::Event }
    }

    /// Whether a record without a value says something here: that a key is gone, on a topic that carries only events. A
    /// topic that carries commands should have none.
    pub(crate) fn takes_tombstones(&self, RouteId(place): RouteId) -> bool {
        self.0[place].commands == Takers::Nobody
    }

    /// The handler on this topic whose name is nearest to an unknown one, if it is near enough to be what was meant.
    pub(crate) fn closest(&self, RouteId(place): RouteId, name: &str) -> Option<&'static str> {
        super::closest(name, self.0[place].handlers.values().copied()).map(|handler| handler.name)
    }
}

impl Route {
    fn new(topic: &str) -> Self {
        let (commands, events) = (Takers::Nobody, Takers::Nobody);
        Self { topic: topic.to_owned(), commands, events, handlers: FxHashMap::default() }
    }

    fn takers_mut(&mut self, kind: Kind) -> &mut Takers {
        match kind {
            Kind::Command => &mut self.commands,
            Kind::Event => &mut self.events,
        }
    }

    /// Later entries take the place of earlier ones: a handler that names the topic goes before one that does not, and a
    /// command before an event.
    fn fill(&mut self, all: &[&'static Handler]) {
        for (kind, takers) in [(Kind::Event, self.events), (Kind::Command, self.commands)] {
            for named in [false, true] {
                let takes = |handler: &&'static Handler| match handler.topic {
                    None => !named && takers == Takers::All,
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
#[path = "routes_tests.rs"]
mod tests;
