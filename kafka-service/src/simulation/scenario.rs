//! A run as text: settings, records, and all choices. It can be stored, replayed and shortened, and its meaning does
//! not change with the generator, unlike that of a seed.
//!
//! ```text
//! # what it shows
//! settings {"partitions":1, ..}
//! partition {"visible":2,"records":[{"offset":0, ..}, ..]}
//! begin seed=7
//! drive 0 micros=12 taken=3
//! settle
//! ```
//!
//! Each line after the partitions is one action, with its instance and the values that were chosen during it. A missing
//! value is 0, the simplest: nothing goes wrong.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use serde_json::Value;

use super::{actions::Action, settings::Settings, topic::Recipes};

/// Everything that determines a run.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// What it shows.
    pub(super) title: String,
    pub(super) settings: Settings,
    /// The records of each partition.
    pub(super) partitions: Vec<Recipes>,
    pub(super) moves: Vec<Move>,
}

/// One action and the choices during it.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) action: Action,
    pub(super) instance: Option<u32>,
    pub(super) kept: Kept,
}

/// Values by name, each in the order in which they were chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept(pub(super) BTreeMap<String, VecDeque<u64>>);

impl Kept {
    pub(super) fn push(&mut self, name: &str, value: u64) {
        match self.0.get_mut(name) {
            Some(values) => values.push_back(value),
            None => drop(self.0.insert(name.to_owned(), VecDeque::from([value]))),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> u64 {
        self.0.get_mut(name).and_then(VecDeque::pop_front).unwrap_or(0)
    }

    /// Removes trailing zeros, which are the default.
    pub(super) fn trim(&mut self) {
        for values in self.0.values_mut() {
            while values.back() == Some(&0) {
                values.pop_back();
            }
        }
        self.0.retain(|_, values| !values.is_empty());
    }
}

impl Scenario {
    /// Parses the output of [`fmt::Display`].
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut title, mut settings, mut partitions, mut moves) = (Vec::new(), None, Vec::new(), Vec::new());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let wrong = |error: serde_json::Error| format!("`{line}`: {error}");
            match word {
                "#" => title.push(rest),
                "settings" => settings = Some(serde_json::from_str(rest).map_err(wrong)?),
                "partition" => partitions.push(serde_json::from_str(rest).map_err(wrong)?),
                _ => moves.push(Move::parse(line)?),
            }
        }
        let settings = settings.ok_or("there are no settings")?;
        Ok(Self { title: title.join("\n"), settings, partitions, moves })
    }
}

impl Move {
    fn parse(line: &str) -> Result<Self, String> {
        let wrong = |error: &dyn fmt::Display| format!("`{line}`: {error}");
        let mut words = line.split_whitespace();
        let action = words.next().unwrap_or_default();
        let action = serde_json::from_value(Value::String(action.to_owned())).map_err(|error| wrong(&error))?;
        let (mut instance, mut kept) = (None, Kept::default());
        for word in words {
            let Some((name, values)) = word.split_once('=') else {
                instance = Some(word.parse().map_err(|error| wrong(&error))?);
                continue;
            };
            for value in values.split(',') {
                kept.push(name, value.parse().map_err(|error| wrong(&error))?);
            }
        }
        Ok(Self { action, instance, kept })
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |value: Result<String, serde_json::Error>| value.map_err(|_| fmt::Error);
        for line in self.title.lines() {
            writeln!(formatter, "# {line}")?;
        }
        writeln!(formatter, "settings {}", json(serde_json::to_string(&self.settings))?)?;
        for partition in &self.partitions {
            writeln!(formatter, "partition {}", json(serde_json::to_string(partition))?)?;
        }
        self.moves.iter().try_for_each(|each| writeln!(formatter, "{each}"))
    }
}

impl fmt::Display for Move {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = serde_json::to_value(self.action).map_err(|_| fmt::Error)?;
        formatter.write_str(action.as_str().unwrap_or_default())?;
        if let Some(instance) = self.instance {
            write!(formatter, " {instance}")?;
        }
        for (name, values) in &self.kept.0 {
            let values: Vec<_> = values.iter().map(u64::to_string).collect();
            write!(formatter, " {name}={}", values.join(","))?;
        }
        Ok(())
    }
}
