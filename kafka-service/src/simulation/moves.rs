//! The moves of a run: each action, and the values that were chosen during it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use serde_json::Value;

use super::actions::Action;

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

impl Move {
    /// Parses the output of [`fmt::Display`].
    pub(super) fn parse(line: &str) -> Result<Self, String> {
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
