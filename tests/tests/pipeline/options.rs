//! A handler's own timeout and retries, instead of the configured ones.

use std::future::pending;

use kafka_service::__private1::{Context, Handler, Invocation, inventory, invocation, outcome};
use kafka_service::dead_letter;
use serde_json::json;

use crate::world::{command, on_each_broker};

fn hang(_: &Context<'_>) -> Invocation {
    invocation(pending())
}

fn fail(_: &Context<'_>) -> Invocation {
    invocation(async { outcome(Err::<(), _>("no luck")) })
}

inventory::submit! { Handler::command("hang_briefly", &hang).attempts(2).backoff(1, 2).timeout(30) }
inventory::submit! { Handler::command("fail_often", &fail).attempts(5).backoff(1, 2) }
inventory::submit! { Handler::command("fail_once", &fail).attempts(1) }

#[test]
fn handler_options_override_the_configuration() {
    on_each_broker("options", async |world| {
        let service = world.start().await;
        // The configuration has three attempts and five minutes.
        let cases = [
            ("hang_briefly", "2", "handler timed out after 30ms"),
            ("fail_often", "5", "no luck"),
            ("fail_once", "1", "no luck"),
        ];
        for (kind, ..) in cases {
            world.send(command(kind, kind, json!({})));
        }
        let dead = world.dead_letters(cases.len());
        for (kind, attempts, message) in cases {
            let dead = dead.iter().find(|dead| dead.json()["type"] == kind).expect(kind);
            let header = |name| dead.header(name).unwrap_or("(missing)");
            assert_eq!(
                (kind, header(dead_letter::ATTEMPTS), header(dead_letter::ERROR_MESSAGE)),
                (kind, attempts, message)
            );
        }
        world.stop(service).await;
    });
}
