//! What the program `worker` needs: topics, a group, an environment, and commands.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Client, Message, Process, unique, wait_until};

/// The payload of the worker's commands: a numbered command of a key, and what its handler does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The record's key.
    pub key: String,
    /// The command's number within its key, counted from 0.
    pub seq: u64,
    /// How long the handler takes.
    #[serde(default)]
    pub work_ms: u64,
    /// `ok`, or one of the other kinds of the worker.
    #[serde(default)]
    pub kind: String,
}

impl Work {
    /// A command that succeeds at once.
    pub fn new(key: impl Into<String>, seq: u64) -> Self {
        Self { key: key.into(), seq, work_ms: 0, kind: "ok".to_owned() }
    }

    /// Sets how long its handler takes.
    #[must_use]
    pub fn taking(self, work_ms: u64) -> Self {
        Self { work_ms, ..self }
    }

    /// Sets what its handler does; see the program `worker`.
    #[must_use]
    pub fn kind(self, kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..self }
    }

    /// The record for the worker's main handler.
    #[must_use]
    pub fn message(&self) -> Message {
        self.message_for("work")
    }

    /// The record for another handler of the worker.
    #[must_use]
    pub fn message_for(&self, command: &str) -> Message {
        Message::from(self.json(command)).key(self.key.as_str())
    }

    /// The record's value.
    #[must_use]
    pub fn json(&self, command: &str) -> serde_json::Value {
        let correlation_id = format!("{}-{}", self.key, self.seq);
        json!({"type": command, "correlation_id": correlation_id, "payload": self})
    }
}

/// Topics and a group for one run of workers.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The addresses of the brokers.
    pub bootstrap: String,
    /// The topic of commands.
    pub commands: String,
    /// The topic of events.
    pub events: String,
    /// The topic of dead letters.
    pub dead_letters: String,
    /// The consumer group.
    pub group: String,
    settings: Vec<(String, String)>,
}

impl Workload {
    /// Names only; the caller creates the topics.
    #[must_use]
    pub fn named(client: &Client, name: &str) -> Self {
        let commands = unique(&format!("{name}-commands"));
        Self {
            bootstrap: client.bootstrap().to_owned(),
            dead_letters: format!("{commands}-dlq"),
            commands,
            events: unique(&format!("{name}-events")),
            group: unique(&format!("{name}-group")),
            settings: Vec::new(),
        }
    }

    /// Creates its topics with so many partitions.
    #[must_use]
    pub fn new(client: &Client, name: &str, partitions: i32) -> Self {
        let workload = Self::named(client, name);
        client.create_topic(&workload.commands, partitions);
        client.create_topic(&workload.events, partitions);
        client.create_topic(&workload.dead_letters, 1);
        workload
    }

    /// Adds a variable to the workers' environment.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Reads a variable of the workers' environment from a file instead: `name` is given without `_FILE`.
    #[must_use]
    pub fn from_file(mut self, name: &str, file: &Path) -> Self {
        self.settings.retain(|(set, _)| set != name);
        self.set(&format!("{name}_FILE"), &file.display().to_string())
    }

    /// The command that starts an instance with this name.
    #[must_use]
    pub fn command(&self, worker: &Path, instance: &str) -> Command {
        let mut command = Command::new(worker);
        command.env("WORKER_INSTANCE", instance);
        command.env("KAFKA_BOOTSTRAP_SERVERS", &self.bootstrap).env("KAFKA_GROUP_ID", &self.group);
        command.env("KAFKA_COMMANDS_TOPIC", &self.commands).env("KAFKA_EVENTS_TOPIC", &self.events);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts an instance with this name.
    ///
    /// # Panics
    /// Panics when the program cannot be started.
    #[track_caller]
    #[must_use]
    pub fn start(&self, worker: &Path, instance: &str) -> Process {
        Process::start(self.command(worker, instance))
    }

    /// Writes commands for the main handler.
    ///
    /// # Panics
    /// Panics when the broker rejects one.
    pub fn send(&self, client: &Client, works: impl IntoIterator<Item = Work>) {
        client.produce_all(&self.commands, works.into_iter().map(|work| work.message()));
    }

    /// Waits until every command is committed.
    ///
    /// # Panics
    /// Panics after a minute.
    #[track_caller]
    pub fn wait_until_committed(&self, client: &Client) {
        wait_until(Duration::from_secs(60), "everything to be committed", || {
            match client.lag(&self.group, &self.commands) {
                0 => Ok(()),
                lag => Err(lag),
            }
        });
    }
}
