//! The web server beside a service.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use kafka_service_tests::{Kafka, Process, unique, wait_until};
use serde_json::json;

use crate::{MINUTE, program};

/// The answer to one HTTP request, as text.
fn http(address: &str, request: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(address).expect("a connection");
    let length = body.len();
    let headers = format!("host: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}");
    write!(connection, "{request} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n{body}").expect("a request");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_web_server_and_a_service_start_and_stop_together() {
    let mut web = program("example-web", "example-web");
    web.env("KAFKA_BOOTSTRAP_SERVERS", "embedded").env("HTTP_ADDRESS", "127.0.0.1:0");
    let mut web = Process::start(web);
    let line = web.wait_for_line(MINUTE, "listening on http://");
    let (_, address) = line.split_once("http://").expect("an address");

    wait_until(MINUTE, "GET /ready to answer 200", || {
        let answer = http(address, "GET /ready", "");
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer) }
    });
    let accepted = http(address, "POST /users", r#"{"name": "Ada"}"#);
    assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
    let line = web.wait_for_line(MINUTE, "creating a user");
    assert!(line.contains("Ada"), "{line}");
    let malformed = http(address, "POST /users", r#"{"nom": "Ada"}"#);
    assert!(malformed.starts_with("HTTP/1.1 422"), "{malformed}");

    web.terminate();
    assert_eq!(web.wait(MINUTE).code(), Some(0), "{}", web.output());
    let log = web.output();
    assert!(log.contains("service stopped to_be_redelivered=0 in_flight=0 unacknowledged=0"), "{log}");
}

/// One request after another on one connection, until the server closes it. Returns the names of the users that it
/// accepted.
fn post_users(address: &str, client: usize) -> Vec<String> {
    let mut accepted = Vec::new();
    let connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(MINUTE)).expect("a timeout");
    let mut answers = BufReader::new(connection.try_clone().expect("a second handle"));
    for number in 0.. {
        let name = format!("user-{client}-{number}");
        let body = json!({ "name": name }).to_string();
        let headers = format!("host: {address}\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
        if write!(&connection, "POST /users HTTP/1.1\r\n{headers}\r\n\r\n{body}").is_err() {
            break;
        }
        let head: Vec<String> =
            answers.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        // Nothing: the connection was idle when the server closed it, and nothing read the request.
        let Some(status) = head.first() else { break };
        assert!(status.starts_with("HTTP/1.1 202"), "{head:?}");
        accepted.push(name);
        if head.iter().any(|line| line.eq_ignore_ascii_case("connection: close")) {
            break;
        }
    }
    accepted
}

/// What the server has begun is finished: each command that it published was answered, and each answer has its event.
#[test]
fn a_web_server_that_stops_under_load_cuts_no_request() {
    let Some(kafka) = Kafka::shared() else { return };
    let (commands, events, group) = (unique("web-commands"), unique("web-events"), unique("web"));
    let start = || {
        let mut web = program("example-web", "example-web");
        web.env("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap()).env("HTTP_ADDRESS", "127.0.0.1:0");
        web.env("KAFKA_COMMANDS_TOPIC", &commands)
            .env("KAFKA_EVENTS_TOPIC", &events)
            .env("KAFKA_CREATE_TOPICS", "true");
        web.env("KAFKA_GROUP_ID", &group);
        Process::start(web)
    };
    let mut web = start();
    web.wait_for_line(MINUTE, "service state changed from=starting to=ready");
    let line = web.wait_for_line(MINUTE, "listening on http://");
    let (_, address) = line.split_once("http://").expect("an address");

    let mut accepted: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|client| scope.spawn(move || post_users(address, client))).collect();
        kafka.read_count(&events, MINUTE, 200);
        web.terminate();
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    });
    assert_eq!(web.wait(MINUTE).code(), Some(0), "{}", web.output());

    // A second instance handles what the first one had not begun.
    let mut web = start();
    web.wait_for_line(MINUTE, "service state changed from=starting to=ready");
    let names = |topic: &str| {
        let records = kafka.read_count(topic, MINUTE, accepted.len());
        let mut names: Vec<_> = records.iter().map(|record| record.key_text().unwrap_or_default().to_owned()).collect();
        names.sort_unstable();
        names
    };
    let (sent, created) = (names(&commands), names(&events));
    accepted.sort_unstable();
    assert_eq!(sent, accepted, "commands and answers");
    assert_eq!(created, accepted, "events and answers");
    web.terminate();
    assert_eq!(web.wait(MINUTE).code(), Some(0), "{}", web.output());
}
