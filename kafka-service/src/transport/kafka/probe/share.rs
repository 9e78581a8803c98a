//! Whether this instance gets its share of each topic. Pure.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long an assignment must last: while members come and go, shares are uneven.
const LASTING: Duration = Duration::from_secs(60);

/// The partitions of the consumed topics, and how many of them are assigned here.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// The number of partitions of each topic.
    topics: HashMap<String, usize>,
    /// Since when a topic is left out.
    since: Option<Instant>,
    is_reported: bool,
}

impl Share {
    pub(super) fn describe(&mut self, topic: &str, partitions: usize) {
        if self.topics.get(topic) != Some(&partitions) {
            self.topics.insert(topic.to_owned(), partitions);
        }
    }

    /// Returns a topic of which nothing has been assigned for a while although others must have several. Only once.
    pub(super) fn left_out<'a>(&mut self, held: impl Iterator<Item = &'a str>, now: Instant) -> Option<&str> {
        if self.is_reported || self.topics.len() < 2 {
            return None;
        }
        let Some(topic) = uneven(&self.topics, held) else {
            self.since = None;
            return None;
        };
        let lasted = now.duration_since(*self.since.get_or_insert(now));
        self.is_reported = lasted >= LASTING;
        self.is_reported.then_some(topic)
    }
}

/// A topic with no partition among those held. The number of members is not known, but the largest share of another
/// topic gives an upper limit, if each topic is spread: with so few members, another one has several partitions.
fn uneven<'t, 'a>(topics: &'t HashMap<String, usize>, held: impl Iterator<Item = &'a str>) -> Option<&'t str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    held.for_each(|topic| *counts.entry(topic).or_default() += 1);
    let members = counts.iter().filter_map(|(topic, held)| Some(topics.get(*topic)?.div_ceil(*held))).min()?;
    let without = topics.iter().filter(|(topic, _)| !counts.contains_key(topic.as_str()));
    without.filter(|(_, partitions)| **partitions >= 2 * members).map(|(topic, _)| topic.as_str()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(partitions: &[(&str, usize)]) -> HashMap<String, usize> {
        partitions.iter().map(|(topic, partitions)| ((*topic).to_owned(), *partitions)).collect()
    }

    #[test]
    fn a_topic_is_left_out_if_others_have_several() {
        let topics = topics(&[("commands", 4), ("events", 4)]);
        assert_eq!(uneven(&topics, ["events"; 4].into_iter()), Some("commands"), "all of one, none of the other");
        assert_eq!(uneven(&topics, ["commands", "events"].into_iter()), None);
        assert_eq!(uneven(&topics, ["events"].into_iter()), None, "there may be four members");
        assert_eq!(uneven(&topics, std::iter::empty()), None, "a spare member");
    }

    #[test]
    fn a_small_topic_has_no_partition_for_everyone() {
        let topics = topics(&[("commands", 1), ("events", 12)]);
        assert_eq!(uneven(&topics, ["events"; 6].into_iter()), None);
    }

    #[test]
    fn a_lasting_assignment_is_reported_once() {
        let (mut share, start) = (Share::default(), Instant::now());
        share.describe("commands", 4);
        share.describe("events", 4);
        let uneven = || ["events"; 4].into_iter();
        assert_eq!(share.left_out(uneven(), start), None);
        assert_eq!(share.left_out(["commands", "events"].into_iter(), start + LASTING / 2), None);
        assert_eq!(share.left_out(uneven(), start + LASTING), None, "it begins anew");
        assert_eq!(share.left_out(uneven(), start + LASTING * 2), Some("commands"));
        assert_eq!(share.left_out(uneven(), start + LASTING * 3), None, "once");
    }
}
