//! Limits: concurrent commands, and uncommitted records of a partition.

use kafka_service::Health;
use kafka_service_tests::wait_until;
use serde_json::json;

use crate::world::{PATIENCE, World, command, member, on_each_broker, stop};

/// The batch size of the consumer: a window may be exceeded by less than that.
const BATCH: u64 = 512;

fn check(health: Health, good: impl Fn(&Health) -> bool) -> Result<Health, Box<Health>> {
    if good(&health) { Ok(health) } else { Err(Box::new(health)) }
}

#[test]
fn no_more_handlers_run_concurrently_than_allowed() {
    on_each_broker("limit", async |mut world| {
        world.config.max_in_flight = 3;
        let service = world.start().await;
        world.send_all((0..40).map(|n| command("wait_at_gate", &format!("c-{n}"), json!({})).key(format!("k-{n}"))));
        wait_until(PATIENCE, "three of them to run", || world.board.running() == 3);
        let health = wait_until(PATIENCE, "the others to wait", || check(service.health(), |seen| seen.in_flight > 3));
        assert!(health.finished == 0 && health.ready, "{health:?}");
        for done in 1..=20 {
            world.board.let_pass(1);
            wait_until(PATIENCE, "the next to start", || world.board.begun().len() == done + 3);
        }
        world.board.open();
        world.events(40);
        assert_eq!(world.board.high_water(), 3);
        assert_eq!(service.health().in_flight, 0);
        world.stop(service).await;
    });
}

#[test]
fn one_command_at_a_time_is_possible() {
    on_each_broker("single", async |mut world| {
        world.config.max_in_flight = 1;
        let service = world.start().await;
        world
            .send_all((0..60).map(|n| command("sleep", &format!("c-{n}"), json!({"ms": n % 3})).key(format!("k-{n}"))));
        world.events(60);
        assert_eq!(world.board.high_water(), 1);
        world.stop(service).await;
    });
}

#[test]
fn a_full_window_pauses_only_its_partition() {
    on_each_broker("window", async |mut world| {
        world.config.max_uncommitted = 100;
        let service = world.start().await;
        world.send(command("wait_at_gate", "stuck", json!({})).partition(0));
        let echo = |id: String, partition| command("echo", &id, json!({"text": "x"})).partition(partition);
        world.send_all((0..900).map(|n| echo(format!("behind-{n}"), 0)));
        wait_until(PATIENCE, "the window to be full", || check(service.health(), |seen| seen.uncommitted >= 100));

        world.send_all((0..400).map(|n| echo(format!("beside-{n}"), 1)));
        let beside = |records: &[kafka_service_tests::Record]| {
            member(records, "/correlation_id").iter().filter(|id| id.starts_with("beside-")).count()
        };
        let what = "the other partition to continue";
        world.client().read_until(world.events_topic(), PATIENCE, what, |records| beside(records) == 400);
        let health = service.health();
        assert!(health.ready && health.in_flight == 1, "{health:?}");
        assert!((100..100 + BATCH).contains(&(health.uncommitted as u64)), "{health:?}");
        assert!((500..500 + BATCH).contains(&health.received), "{health:?}");

        world.board.open();
        let mut answered = member(&world.events(1_301), "/correlation_id");
        answered.sort_unstable();
        answered.dedup();
        assert_eq!(answered.len(), 1_301, "each command once");
        world.wait_for_commits();
        wait_until(PATIENCE, "nothing uncommitted", || check(service.health(), |seen| seen.uncommitted == 0));
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_past_an_unfinished_command_is_committed() {
    let Some(world) = World::real("watermark", 1) else { return };
    let service = world.start().await;
    let echo = |id: &str| command("echo", id, json!({"text": "x"}));
    world.send(echo("before"));
    let (_, stuck) = world.send(command("wait_at_gate", "stuck", json!({})));
    for id in ["after-1", "after-2"] {
        world.send(echo(id));
    }
    world.events(3);
    let committed = || world.client().committed(&world.config.effective_group_id(), world.commands());
    wait_until(PATIENCE, "the commands before it to be committed", || committed() == [stuck]);
    world.board.open();
    wait_until(PATIENCE, "the rest to be committed", || committed() == [stuck + 3]);
    stop(service).await;
}
