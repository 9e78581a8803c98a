//! What a run of workers left in the topics.

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

/// One event of the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("work.done", key = key)]
pub struct Done {
    /// The command's key.
    pub key: String,
    /// Its number among those of its key.
    pub seq: u64,
    /// Who handled it.
    pub instance: String,
    /// In which attempt.
    pub attempt: u32,
    /// Where the command stood.
    pub partition: i32,
    /// Where the command stood.
    pub offset: i64,
    /// When that attempt began, in milliseconds since the epoch.
    pub began: u64,
}

impl Done {
    /// What an attempt that begins now will have done.
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

/// What a run of workers left in the topics.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Trace {
    /// Where each command stands.
    #[serde(serialize_with = "as_list")]
    pub commands: HashMap<Place, Work>,
    /// The events in the order of their log; each key's stand in one partition.
    pub events: Vec<Done>,
    /// The dead-lettered commands.
    pub dead_letters: Vec<Work>,
    /// The accepted commits.
    pub commits: Vec<Commit>,
}

impl Trace {
    /// Reads everything.
    ///
    /// # Panics
    /// When the topics cannot be read, or hold what no worker and none of its clients writes.
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

/// A place is no key in JSON.
fn as_list<S: Serializer>(commands: &HashMap<Place, Work>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list: Vec<_> = commands.iter().collect();
    list.sort_unstable_by_key(|(place, _)| **place);
    serializer.collect_seq(list)
}

fn payload<T: for<'de> Deserialize<'de>>(record: &Record) -> T {
    let parsed = serde_json::from_slice::<Envelope<T>>(record.value.as_deref().unwrap_or_default());
    match parsed {
        Ok(envelope) => envelope.payload,
        Err(error) => panic!("a record that no worker writes ({error}): {record:?}"),
    }
}
