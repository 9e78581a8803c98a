//! The commands: partitions of records with gaps between their offsets.

use std::sync::Arc;

use super::{
    choices::Choices,
    plan::{Plan, Work},
    recipes::{Recipe, Recipes},
    settings::Settings,
};

pub(super) const NAME: &str = "commands";

/// One record of the topic.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) offset: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    /// Commands with the same number are handled one after another.
    pub(super) lane: usize,
    pub(super) plan: Plan,
}

/// One partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) records: Vec<Arc<Command>>,
    /// How many have been produced so far.
    pub(super) visible: usize,
}

/// The topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) partitions: Vec<Partition>,
}

impl Topic {
    pub(super) fn new(partitions: &[Recipes], settings: &Settings) -> Self {
        Self { partitions: partitions.iter().map(|recipes| Partition::new(recipes, settings)).collect() }
    }

    pub(super) fn partition(&self, number: i32) -> &Partition {
        &self.partitions[place(number)]
    }

    /// Produces more records. Returns false if there are none left.
    pub(super) fn produce(&mut self, choices: &mut Choices) -> bool {
        let partition = choices.below("partition", self.partitions.len());
        let partition = &mut self.partitions[partition];
        let before = partition.visible;
        partition.visible = partition.records.len().min(before + choices.between("produced", 1, 6));
        partition.visible > before
    }

    /// Truncates a log.
    pub(super) fn truncate(&mut self, choices: &mut Choices) -> (usize, usize) {
        let place = choices.below("partition", self.partitions.len());
        let partition = &mut self.partitions[place];
        partition.visible = choices.below("left", partition.visible + 1);
        (place, partition.visible)
    }

    pub(super) fn produce_all(&mut self) {
        for partition in &mut self.partitions {
            partition.visible = partition.records.len();
        }
    }

    /// The total number of records.
    pub(super) fn len(&self) -> usize {
        self.partitions.iter().map(|partition| partition.records.len()).sum()
    }
}

/// The index of a partition in a list.
pub(super) fn place(partition: i32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}

/// The number of the partition at an index in a list.
pub(super) fn number(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

impl Partition {
    fn new(recipes: &Recipes, settings: &Settings) -> Self {
        let records: Vec<_> = recipes.records.iter().map(|recipe| Arc::new(Command::new(recipe, settings))).collect();
        Self { visible: recipes.visible.min(records.len()), records }
    }

    /// The index of the first record at or after an offset.
    pub(super) fn place_of(&self, offset: i64) -> usize {
        self.records.partition_point(|record| record.offset < offset)
    }

    /// The log end offset with this many records. There may be offsets without a record after the last.
    pub(super) fn end(&self, visible: usize) -> i64 {
        const MARKERS: i64 = 3;
        self.records.get(visible).map_or_else(|| self.offset_after(visible) + MARKERS, |next| next.offset)
    }

    /// The committed offset of a group that has read this many records.
    pub(super) fn offset_after(&self, records: usize) -> i64 {
        records.checked_sub(1).map_or(0, |last| self.records[last].offset + 1)
    }
}

impl Command {
    fn new(recipe: &Recipe, settings: &Settings) -> Self {
        let Recipe { offset, key, keyless, tombstone, plan } = recipe.clone();
        let correlation = if keyless { format!("c{key}") } else { format!("o{offset}") };
        let lane = match settings.by_partition {
            true => 0,
            false if keyless => settings.keys + key,
            false => key,
        };
        let value = match &plan {
            Plan::NoMessage => (!tombstone).then(|| b"no message".to_vec()),
            Plan::Unknown => Some(message("unhandled", &correlation, "{}")),
            Plan::Undecodable => Some(message("work", &correlation, r#"{"work":1}"#)),
            Plan::Work(Work { plain, .. }) => {
                Some(message(if *plain { "plain" } else { "work" }, &correlation, r#"{"work":"do"}"#))
            }
        };
        Self { offset, key: (!keyless).then(|| format!("k{key}").into_bytes()), value, lane, plan }
    }
}

fn message(kind: &str, correlation: &str, payload: &str) -> Vec<u8> {
    format!(r#"{{"type":"{kind}","correlation_id":"{correlation}","payload":{payload}}}"#).into_bytes()
}
