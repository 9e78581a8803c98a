//! The records and commits that a run of workers left in the topics.

use std::collections::HashMap;

use kafka_service::{Event, Meta};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    commits::{Commit, commits},
    now,
};
use crate::{Client, Record, Work, Workload};

/// A partition and an offset of the commands topic.
pub type Place = (i32, i64);

/// One event of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("work.done", key = key)]
pub struct Done {
    /// The command's key.
    pub key: String,
    /// Its number within its key.
    pub seq: u64,
    /// The instance that handled it.
    pub instance: String,
    /// The attempt.
    pub attempt: u32,
    /// The partition of the command.
    pub partition: i32,
    /// The offset of the command.
    pub offset: i64,
    /// When the attempt began, in milliseconds since the epoch.
    pub began: u64,
}

impl Done {
    /// The event of an attempt that begins now.
    #[must_use]
    pub fn begin(instance: &str, meta: &Meta, work: &Work) -> Self {
        Self {
            key: work.key.clone(),
            seq: work.seq,
            instance: instance.to_owned(),
            attempt: meta.attempt(),
            partition: meta.partition(),
            offset: meta.offset(),
            began: now(),
        }
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    payload: T,
}

/// The records and commits that a run of workers left in the topics.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Trace {
    /// The commands by position.
    #[serde(serialize_with = "as_list")]
    pub commands: HashMap<Place, Work>,
    /// The events in log order; all events of a key are in one partition.
    pub events: Vec<Done>,
    /// The dead-lettered commands.
    pub dead_letters: Vec<Work>,
    /// The accepted commits.
    pub commits: Vec<Commit>,
}

impl Trace {
    /// Reads everything from the topics.
    ///
    /// # Panics
    /// Panics when the topics cannot be read, or contain records from other programs.
    #[must_use]
    pub fn read(client: &Client, workload: &Workload) -> Self {
        let commands = client.read_all(&workload.commands);
        Self {
            commands: commands.iter().map(|record| ((record.partition, record.offset), payload(record))).collect(),
            events: client.read_all(&workload.events).iter().map(payload).collect(),
            dead_letters: client.read_all(&workload.dead_letters).iter().map(payload).collect(),
            commits: commits(client, &workload.group, &workload.commands),
        }
    }
}

/// A list, because a position cannot be a key in JSON.
fn as_list<S: Serializer>(commands: &HashMap<Place, Work>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list: Vec<_> = commands.iter().collect();
    list.sort_unstable_by_key(|(place, _)| **place);
    serializer.collect_seq(list)
}

fn payload<T: for<'de> Deserialize<'de>>(record: &Record) -> T {
    let parsed = serde_json::from_slice::<Envelope<T>>(record.value.as_deref().unwrap_or_default());
    match parsed {
        Ok(envelope) => envelope.payload,
        Err(error) => panic!("a record from another program ({error}): {record:?}"),
    }
}
