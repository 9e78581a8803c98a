//! A command without a handler.

use kafka_service::config::UnknownCommands;
use kafka_service::dead_letter;
use kafka_service_tests::wait_until;
use serde_json::json;

use crate::world::{PATIENCE, command, on_each_broker};

#[test]
fn an_unknown_command_is_skipped_counted_and_committed() {
    on_each_broker("unknown", async |world| {
        let service = world.start().await;
        for n in 0..5 {
            world.send(command(&format!("unknown_{}", n % 2), &format!("c-{n}"), json!({})));
        }
        world.send(command("echo", "good", json!({"text": "x"})));
        assert_eq!(world.events(1)[0].json()["correlation_id"], "good");
        wait_until(PATIENCE, "five skipped commands", || match service.health() {
            health if health.skipped == 5 => Ok(()),
            health => Err(Box::new(health)),
        });
        assert_eq!(service.health().dead_lettered, 0);
        world.dead_letters(0);
        world.stop(service).await;
    });
}

#[test]
fn unknown_commands_can_be_dead_lettered() {
    on_each_broker("unknown", async |mut world| {
        world.config.unknown_commands = UnknownCommands::DeadLetter;
        let service = world.start().await;
        world.send(command("Echo", "c-1", json!({})).key("k"));
        let dead = &world.dead_letters(1)[0];
        assert_eq!((dead.key_text(), dead.json()["correlation_id"].as_str()), (Some("k"), Some("c-1")));
        assert_eq!(dead.header(dead_letter::ERROR_CLASS), Some("unknown-command"));
        assert_eq!(dead.header(dead_letter::ERROR_MESSAGE), Some("no handler for command `Echo`"), "names are exact");
        assert_eq!((dead.header(dead_letter::HANDLER), dead.header(dead_letter::ATTEMPTS)), (None, Some("0")));
        assert_eq!((service.health().dead_lettered, service.health().skipped), (1, 0));
        world.stop(service).await;
    });
}
