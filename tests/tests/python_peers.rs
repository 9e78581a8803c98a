//! The Python side of the tests on a real broker: it writes the guide's layout, and checks what it reads.

use std::process::Command;
use std::time::Duration;

use kafka_service_tests::{Kafka, Message, Process, python, unique};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn commands_have_the_layout_of_the_guide() {
    let Some((kafka, mut client)) = kafka_and("guide_client.py") else { return };
    let topic = unique("commands");
    client.args(["commands", "--topic", &topic, "--partitions", "3", "--count", "30", "--prefix", "layout"]);
    let mut client = Process::start(client);
    assert!(client.wait(MINUTE).success(), "{}", client.output());
    assert_eq!(summary(&client)["sent"], 30);

    let records = kafka.read_count(&topic, MINUTE, 30);
    assert!(records.iter().all(|record| record.key.is_none() && record.headers.is_empty()));
    let first = records.iter().map(|record| record.json()).find(|command| command["correlation_id"] == "layout-0");
    let first = first.expect("each id occurs once");
    assert_eq!((&first["type"], &first["source"]), (&json!("example_command"), &json!("guide-client")));
    assert!(first["metadata"].is_object(), "a field that the guide does not have: {first}");
    let timestamp = first["timestamp"].as_str().expect("a string");
    assert!(!timestamp.ends_with('Z') && !timestamp.contains('+'), "no time zone: {timestamp}");
}

#[test]
fn events_are_checked_and_counted() {
    let Some((kafka, _)) = kafka_and("guide_client.py") else { return };
    let topic = kafka.new_topic("events", 2);
    let good = |number: usize| event(&format!("run-{number}"));
    kafka.produce_all(&topic, (0..20).map(good));
    let read = |arguments: &[&str]| {
        let mut client = python("guide_client.py").expect("Python was found above");
        client.env("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap()).args(["events", "--topic", &topic, "--prefix", "run"]);
        client.args(["--settle", "0.3", "--timeout", "20"]).args(arguments);
        let mut client = Process::start(client);
        (client.wait(MINUTE).success(), summary(&client))
    };
    let (passed, report) = read(&["--expect", "20"]);
    assert!(passed && report["duplicates"] == 0, "{report}");
    let (passed, report) = read(&["--expect", "21", "--timeout", "1"]);
    assert!(!passed && report["first_missing"] == json!(["run-20"]), "{report}");

    kafka.produce(&topic, good(7));
    let (passed, report) = read(&["--expect", "20"]);
    assert!(!passed && report["duplicates"] == 1 && report["first_duplicates"] == json!(["run-7"]), "{report}");
    let (passed, report) = read(&["--expect", "20", "--allow-duplicates"]);
    assert!(passed, "{report}");

    let mut nameless = event("run-3").to_string();
    nameless = nameless.replace("\"source\":\"tests\"", "\"source\":\"\"");
    kafka.produce(&topic, Message::new(nameless));
    let (passed, report) = read(&["--expect", "20", "--allow-duplicates"]);
    assert!(!passed && report["invalid"] == 1, "{report}");
}

#[test]
fn the_service_of_the_guide_answers() {
    let Some((kafka, mut service)) = kafka_and("guide_service.py") else { return };
    let (commands, events) = (kafka.new_topic("commands", 2), kafka.new_topic("events", 2));
    service.env("KAFKA_COMMANDS_TOPIC", &commands).env("KAFKA_EVENTS_TOPIC", &events);
    service.env("KAFKA_GROUP_ID", unique("group")).env("KAFKA_SERVICE_NAME", "peer");
    let mut service = Process::start(service);
    service.wait_for_line(MINUTE, "ready");

    kafka.produce(&commands, json!({"type": "example_command", "correlation_id": "c-1", "payload": {"a": 1}}));
    let answer = kafka.read_count(&events, MINUTE, 1)[0].json();
    assert_eq!(answer["type"], "example.command_processed");
    assert_eq!((&answer["correlation_id"], &answer["source"]), (&json!("c-1"), &json!("peer")));
    assert_eq!((&answer["payload"]["status"], &answer["payload"]["received"]["a"]), (&json!("success"), &json!(1)));

    service.terminate();
    assert!(service.wait(MINUTE).success());
}

/// A broker, and a Python command that is configured for it.
fn kafka_and(script: &str) -> Option<(&'static Kafka, Command)> {
    let kafka = Kafka::shared()?;
    let mut command = python(script)?;
    command.env("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap());
    Some((kafka, command))
}

fn event(correlation_id: &str) -> Value {
    json!({
        "type": "example.command_processed", "correlation_id": correlation_id,
        "timestamp": jiff::Timestamp::now().to_string(), "payload": {"status": "success"}, "source": "tests",
    })
}

/// The summary of a client: its last line, as JSON.
fn summary(client: &Process) -> Value {
    let lines = client.lines();
    let last = lines.iter().rfind(|line| !line.stderr).expect("every client ends with a summary");
    serde_json::from_str(&last.text).expect("the summary is JSON")
}
