//! The guide's service in Rust between the guide's clients in Python.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use kafka_service_tests::{Kafka, Process, cargo_binary, python, unique, wait_until};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
const COMMANDS: usize = 10_000;

/// Topics and a group for one test.
struct Setting {
    kafka: &'static Kafka,
    commands: String,
    events: String,
    group: String,
}

impl Setting {
    fn new() -> Option<Self> {
        let kafka = Kafka::shared()?;
        let commands = kafka.new_topic("commands", 8);
        kafka.create_topic(&format!("{commands}-dlq"), 1);
        Some(Self { kafka, commands, events: kafka.new_topic("events", 8), group: unique("group") })
    }

    fn environment(&self, mut command: Command) -> Command {
        command.env("KAFKA_BOOTSTRAP_SERVERS", self.kafka.bootstrap());
        command.env("KAFKA_COMMANDS_TOPIC", &self.commands).env("KAFKA_EVENTS_TOPIC", &self.events);
        command.env("KAFKA_GROUP_ID", &self.group);
        command
    }

    fn service(&self) -> Process {
        Process::start(self.environment(Command::new(cargo_binary("example-guide", "guide"))))
    }

    fn client(&self, arguments: &[&str]) -> Option<Process> {
        let mut command = self.environment(python("guide_client.py")?);
        Some(Process::start({
            command.args(arguments);
            command
        }))
    }

    /// Waits until every partition is committed to its end.
    fn wait_until_committed(&self) {
        wait_until(MINUTE, "every partition is committed to its end", || {
            let (committed, end) =
                (self.kafka.committed(&self.group, &self.commands), self.kafka.end_offsets(&self.commands));
            if committed == end { Ok(()) } else { Err(format!("{committed:?} of {end:?}")) }
        });
    }
}

/// The summary of a client: its last line, as JSON.
fn summary(client: &Process) -> Value {
    let lines = client.lines();
    let last = lines.iter().rfind(|line| !line.stderr).expect("every client ends with a summary");
    serde_json::from_str(&last.text).expect("the summary is JSON")
}

#[test]
fn ten_thousand_commands_from_python_get_one_event_each() {
    let Some(setting) = Setting::new() else { return };
    let count = COMMANDS.to_string();
    let send = ["commands", "--topic", &setting.commands, "--count", &count, "--prefix", "run"];
    let Some(mut sender) = setting.client(&send) else { return };
    let mut service = setting.service();
    assert!(sender.wait(MINUTE).success(), "{}", sender.output());
    let read = ["events", "--topic", &setting.events, "--expect", &count, "--prefix", "run", "--timeout", "60"];
    let mut reader = setting.client(&read).expect("Python was found above");
    assert!(reader.wait(MINUTE * 2).success(), "{}", reader.output());
    let report = summary(&reader);
    assert_eq!((&report["missing"], &report["duplicates"], &report["invalid"]), (&json!(0), &json!(0), &json!(0)));
    setting.wait_until_committed();
    service.terminate();
    assert!(service.wait(MINUTE).success(), "{}", service.output());
}

#[test]
fn a_service_that_is_killed_loses_nothing() {
    let Some(setting) = Setting::new() else { return };
    let count = COMMANDS.to_string();
    let send = ["commands", "--topic", &setting.commands, "--count", &count, "--prefix", "run", "--rate", "1000"];
    let Some(mut sender) = setting.client(&send) else { return };
    let mut service = setting.service();
    let read = [
        "events",
        "--topic",
        &setting.events,
        "--expect",
        &count,
        "--prefix",
        "run",
        "--timeout",
        "90",
        "--progress",
        "3000",
        "--allow-duplicates",
        "--settle",
        "3",
    ];
    let mut reader = setting.client(&read).expect("Python was found above");
    reader.wait_for_line(MINUTE, "read 3000");
    service.kill();
    let killed = Instant::now();
    let mut service = setting.service();
    service.wait_for_line(MINUTE, "partitions assigned");
    let back = killed.elapsed();
    assert!(sender.wait(MINUTE).success(), "{}", sender.output());
    assert!(reader.wait(MINUTE * 2).success(), "{}", reader.output());
    let report = summary(&reader);
    assert_eq!((&report["missing"], &report["invalid"]), (&json!(0), &json!(0)));
    eprintln!("kill -9 after the 3,000th event: ready after {back:?}, {} duplicates", report["duplicates"]);
    setting.wait_until_committed();
    service.terminate();
    assert!(service.wait(MINUTE).success(), "{}", service.output());
}

#[test]
fn the_command_line_talks_to_the_guides_service_in_python() {
    let Some(setting) = Setting::new() else { return };
    let Some(service) = python("guide_service.py") else { return };
    let mut service = Process::start(setting.environment(service));
    service.wait_for_line(MINUTE, "ready");
    let mut send = setting.environment(Command::new(cargo_binary("example-guide", "send")));
    send.args(["example_command", r#"{"a": 1}"#]).env("SEND_TIMEOUT_SECONDS", "30");
    let mut send = Process::start(send);
    assert!(send.wait(MINUTE).success(), "{}", send.output());
    assert_eq!(summary(&send)["type"], "example.command_processed");
    service.terminate();
    assert!(service.wait(MINUTE).success());
}
