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

use std::fmt;

use super::{moves::Move, recipes::Recipes, settings::Settings};

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
