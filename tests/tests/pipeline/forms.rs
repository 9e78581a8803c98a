//! Every form in which a handler returns events.

use serde_json::{Value, json};

use crate::world::{command, member, on_each_broker, sorted_member};

#[test]
fn returned_events_are_published() {
    on_each_broker("forms", async |world| {
        let service = world.start().await;
        let send = |kind: &str, id: &str, payload: Value| world.send(command(kind, id, payload).key("one lane"));
        send("nothing", "none", json!({}));
        send("maybe", "no", json!({"number": 0}));
        send("maybe", "yes", json!({"number": 1}));
        send("many", "empty", json!({"number": 0}));
        send("many", "three", json!({"number": 3}));
        send("pair", "tuple", json!({"text": "t"}));
        send("choose", "even", json!({"number": 2}));
        send("choose", "odd", json!({"number": 3}));
        send("choose", "zero", json!({"number": 0}));
        send("parse", "ok", json!({"text": "5"}));
        send("echo", "last", json!({"text": "end"}));

        let events = world.events(12);
        let of = |id: &str| -> Vec<(String, Value, String)> {
            let of_it = events.iter().filter(|record| record.json()["correlation_id"] == id);
            let part = |record: &kafka_service_tests::Record| {
                let kind = record.json()["type"].as_str().unwrap_or_default().to_owned();
                (kind, record.json()["payload"].clone(), record.key_text().unwrap_or_default().to_owned())
            };
            let mut parts: Vec<_> = of_it.map(part).collect();
            parts.sort_by_key(|(kind, payload, _)| format!("{kind}{payload}"));
            parts
        };
        let counted = |number: u32| ("test.counted".to_owned(), json!({"number": number}), number.to_string());
        let event = |kind: &str, payload: Value, key: &str| (kind.to_owned(), payload, key.to_owned());
        for silent in ["none", "no", "empty"] {
            assert_eq!(of(silent), []);
        }
        assert_eq!(of("yes"), [counted(1)]);
        assert_eq!(of("three"), [counted(0), counted(1), counted(2)]);
        let tuple = [
            counted(7),
            event("test.echoed", json!({"text": "t"}), "one lane"),
            event("test.keyed", json!({"text": "t"}), "t"),
        ];
        assert_eq!(of("tuple"), tuple);
        assert_eq!(of("even"), [event("test.even", json!({"number": 2}), "2")]);
        assert_eq!(of("odd"), [event("test.odd", json!({"text": "3"}), "one lane")]);
        assert_eq!(of("zero"), [event("test.zero", json!({}), "one lane")]);
        assert_eq!(of("ok"), [counted(5)]);
        world.stop(service).await;
    });
}

#[test]
fn events_of_one_command_that_share_a_key_keep_their_order() {
    on_each_broker("series", async |world| {
        let service = world.start().await;
        world.send(command("pair", "c-1", json!({"text": "7"})).key("7"));
        let events = world.events(3);
        assert_eq!(member(&events, "/type"), ["test.echoed", "test.keyed", "test.counted"]);
        let mut ids = sorted_member(&events, "/id");
        ids.dedup();
        assert_eq!(ids.len(), 3, "each event has its own id");
        world.stop(service).await;
    });
}

#[test]
fn a_plain_fn_runs_on_a_blocking_thread() {
    on_each_broker("blocking", async |world| {
        let service = world.start().await;
        // If they blocked the dispatcher or one another, they would not run concurrently.
        for n in 0..3 {
            world.send(command("block", &format!("c-{n}"), json!({"ms": 300})).key(format!("k-{n}")));
        }
        world.events(3);
        assert!(world.board.high_water() >= 2, "{:?}", world.board.steps());
        world.stop(service).await;
    });
}
