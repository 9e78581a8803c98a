//! The rules for settings, alone and combined. Every rule is checked, so that all problems are reported at once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{
    Brokers, Config, GroupProtocol, duration,
    error::problem,
    features::Features,
    names::{self, NameStyle, Setting},
    property::Side,
    reserved::{CLASSIC_ONLY, CONSUMER_PROTOCOL_ONLY},
    security, servers, topic,
};

pub(super) const IN_FLIGHT: RangeInclusive<usize> = 1..=1_000_000;
pub(super) const UNCOMMITTED: RangeInclusive<usize> = 1..=100_000_000;
pub(super) const PERCENT: RangeInclusive<u8> = 1..=100;
pub(super) const ATTEMPTS: RangeInclusive<u32> = 1..=1_000_000;

/// The names of services and groups are sent with every event and every commit.
const LONGEST_NAME: usize = 249;

/// Everything that is wrong with `config`; `names` selects how messages name the settings.
pub(super) fn problems(config: &Config, names: NameStyle, features: Features) -> Vec<String> {
    let mut check = Check { config, names, problems: Vec::new() };
    check.servers(features);
    check.name(names::SERVICE_NAME, &config.service_name);
    if let Some(group) = &config.group_id {
        check.name(names::GROUP_ID, group);
    }
    check.topics();
    check.dead_letters();
    check.range(names::MAX_IN_FLIGHT, config.max_in_flight, &IN_FLIGHT);
    check.range(names::MAX_UNCOMMITTED, config.max_uncommitted, &UNCOMMITTED);
    check.range(names::RETRY_ATTEMPTS, config.retry.attempts, &ATTEMPTS);
    check.backoff();
    check.duration(names::HANDLER_TIMEOUT, config.handler_timeout);
    check.duration(names::RETRY_DEADLINE, config.retry.deadline);
    if let Some(limit) = config.dead_letter_limit {
        check.range(names::DEAD_LETTER_LIMIT, limit, &PERCENT);
    }
    check.duration(names::PUBLISH_TIMEOUT, config.publish_timeout);
    check.duration(names::SHUTDOWN_DEADLINE, config.shutdown_deadline);
    if let Some(timeout) = config.stall_timeout {
        check.duration(names::STALL_TIMEOUT, timeout);
    }
    check.properties(features);
    check.problems.extend(security::problems(config));
    check.problems
}

struct Check<'a> {
    config: &'a Config,
    names: NameStyle,
    problems: Vec<String>,
}

impl Check<'_> {
    fn add(&mut self, setting: Setting, value: &str, what: &str) {
        self.problems.push(problem(setting.name(self.names), value, what));
    }

    fn servers(&mut self, features: Features) {
        let text = match &self.config.bootstrap_servers {
            Brokers::Disabled => return,
            Brokers::Embedded => "embedded",
            Brokers::Servers(list) => {
                if let Some(flaw) = servers::flaw(list) {
                    self.problems.push(format!("`{}`{flaw}", names::BOOTSTRAP_SERVERS.name(self.names)));
                    return;
                }
                list
            }
        };
        if !features.kafka {
            self.add(names::BOOTSTRAP_SERVERS, text, "requires the feature `kafka` of `kafka-service`");
        }
    }

    fn name(&mut self, setting: Setting, name: &str) {
        if name.trim().is_empty() {
            self.add(setting, name, "must not be empty");
        } else if name.chars().any(char::is_control) {
            self.add(setting, name, "must not contain control characters");
        } else if name.len() > LONGEST_NAME {
            self.add(setting, name, &format!("must be at most {LONGEST_NAME} bytes long"));
        }
    }

    fn range<T: PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        setting: Setting,
        value: T,
        range: &RangeInclusive<T>,
    ) {
        if !range.contains(&value) {
            self.add(setting, &value.to_string(), &expected_number(range));
        }
    }

    fn duration(&mut self, setting: Setting, value: Duration) {
        if value.is_zero() || value > duration::LONGEST {
            let longest = duration::format(duration::LONGEST);
            self.add(setting, &duration::format(value), &format!("must be greater than zero and at most `{longest}`"));
        }
    }

    fn backoff(&mut self) {
        let (min, max) = (self.config.retry.backoff_min, self.config.retry.backoff_max);
        let text = format!("{}..{}", duration::format(min), duration::format(max));
        if min > max {
            self.add(names::RETRY_BACKOFF, &text, "the initial backoff must not exceed the maximum");
        }
        if min.is_zero() || max > duration::LONGEST {
            let longest = duration::format(duration::LONGEST);
            self.add(names::RETRY_BACKOFF, &text, &format!("must be greater than zero and at most `{longest}`"));
        }
    }

    fn topics(&mut self) {
        let config = self.config;
        self.list(names::COMMANDS_TOPIC, &config.commands_topics);
        if let Some(topics) = &config.subscribed_events_topics {
            self.list(names::SUBSCRIBED_EVENTS_TOPICS, topics);
        }
        if let Some(flaw) = topic::flaw(&config.events_topic) {
            self.add(names::EVENTS_TOPIC, &config.events_topic, &flaw);
        }
    }

    fn list(&mut self, setting: Setting, topics: &[String]) {
        if topics.is_empty() {
            self.add(setting, "", "must name at least one topic");
        }
        let mut seen = BTreeSet::new();
        for topic in topics {
            if let Some(flaw) = topic::flaw(topic) {
                self.add(setting, topic, &flaw);
            } else if !seen.insert(topic) {
                self.add(setting, topic, "is listed more than once");
            }
        }
    }

    /// Dead letters that are consumed as commands are a loop; dead letters among the events mislead their consumers.
    fn dead_letters(&mut self) {
        let config = self.config;
        let listed = config.subscribed_events_topics.iter().flatten();
        let consumed: BTreeSet<&String> = config.commands_topics.iter().chain(listed).collect();
        let mut found = BTreeSet::new();
        for source in config.commands_topics.iter().chain(config.effective_subscribed_events_topics()) {
            let name = config.effective_dead_letter_topic(source);
            // A name derived from an invalid one is invalid for a reason that is already reported. One derived from an
            // events topic that is not listed is used only if there are handlers for it.
            let derived = topic::flaw(source).is_some() || !consumed.contains(source);
            let clash = if consumed.contains(&name) {
                Some("is a consumed topic: dead letters would be consumed in a loop")
            } else {
                (name == config.events_topic).then_some("is the events topic: dead letters are not events")
            };
            let flaw = topic::flaw(&name).filter(|_| config.dead_letter_topic.is_some() || !derived);
            found.extend(flaw.or(clash.map(str::to_owned)).map(|what| (name, what)));
        }
        // One explicit topic serves every source and is reported once.
        for (name, what) in found {
            self.add(names::DEAD_LETTER_TOPIC, &name, &what);
        }
    }

    fn properties(&mut self, features: Features) {
        if self.config.bootstrap_servers == Brokers::Disabled {
            return;
        }
        let mut found = BTreeSet::new();
        for side in [Side::Consumer, Side::Producer] {
            for (property, entry) in self.config.properties.of(side) {
                if let Some(what) = features.missing(property, entry.value.expose()) {
                    found.insert(entry.problem(property, what));
                }
                if let Some(what) = self.other_protocol(property.name) {
                    found.insert(entry.problem(property, what));
                }
            }
            found.extend(self.pairs(side));
        }
        self.problems.extend(found);
    }

    fn other_protocol(&self, property: &str) -> Option<&'static str> {
        match self.config.group_protocol {
            GroupProtocol::Consumer if CLASSIC_ONLY.contains(&property) => {
                Some("applies only to the classic group protocol; with the `consumer` protocol the broker decides it")
            }
            GroupProtocol::Classic if CONSUMER_PROTOCOL_ONLY.contains(&property) => {
                Some("applies only to the `consumer` group protocol, but `classic` is configured")
            }
            _ => None,
        }
    }

    /// librdkafka rejects these one at a time, when the client is created.
    fn pairs(&self, side: Side) -> impl Iterator<Item = String> {
        PAIRS.iter().filter_map(move |(least, more, most)| {
            let [low, high] = [least, most].map(|name| self.config.properties.value(side, name));
            let [low, high] = [low?, high?];
            let floor = low.value.expose().parse::<i64>().ok()?.checked_add(*more)?;
            let what = format!("must be at least `{floor}` because of `{}`", low.given_as);
            (high.value.expose().parse::<i64>().ok()? < floor)
                .then(|| problem(&high.given_as, high.value.expose(), &what))
        })
    }
}

/// The second value of each pair must be at least the first plus this much.
const PAIRS: &[(&str, i64, &str)] = &[
    ("session.timeout.ms", 0, "max.poll.interval.ms"),
    ("heartbeat.interval.ms", 1, "session.timeout.ms"),
    ("message.max.bytes", 0, "fetch.max.bytes"),
    ("fetch.max.bytes", 512, "receive.message.max.bytes"),
    ("reconnect.backoff.ms", 0, "reconnect.backoff.max.ms"),
    ("retry.backoff.ms", 0, "retry.backoff.max.ms"),
];

pub(super) fn expected_number<T: std::fmt::Display>(range: &RangeInclusive<T>) -> String {
    format!("expected a whole number from {} to {}", range.start(), range.end())
}
