//! Detached publications.

use super::*;

#[tokio::test(start_paused = true)]
async fn detached_publications_wait_in_order() {
    let world = World::disconnected();
    (0..3).for_each(|number| world.publish(number).detach());
    let awaited = tokio::spawn(world.publish(3).into_future());
    settle().await;
    world.broker.connect();
    world.publish(4).detach();
    settle().await;
    let sent = world.broker.payloads();
    assert_eq!(sent[..3], [0, 1, 2].map(|number| json!(number)), "{sent:?}");
    assert_eq!((sent.len(), world.acks.losses()), (5, 0));
    awaited.abort();
}

#[tokio::test(start_paused = true)]
async fn a_detached_publication_that_still_waits_at_its_timeout_is_lost() {
    let world = World::disconnected();
    world.publish(1).timeout(Duration::from_secs(1)).detach();
    world.publish(2).detach();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.acks.losses(), 1);
    world.broker.connect();
    settle().await;
    assert_eq!((world.broker.payloads(), world.acks.losses()), (vec![json!(2)], 1));
    world.broker.is_full.store(true, Ordering::Relaxed);
    world.publish(3).detach();
    tokio::time::sleep(TIMEOUT * 2).await;
    assert_eq!((world.broker.sent(), world.acks.losses()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn detached_publications_that_wait_have_a_limit_and_are_flushed() {
    let world = World::disconnected();
    let large = "x".repeat(10 << 20);
    (0..4).for_each(|_| world.publisher.publish_event("report.large", &large).detach());
    assert_eq!(world.acks.losses(), 1, "32 MiB");
    assert_eq!(world.publisher.flush(Duration::from_secs(1)).await, 3);
    world.broker.connect();
    assert_eq!(world.publisher.flush(Duration::from_secs(1)).await, 0);
    assert_eq!(world.broker.sent(), 3);
}

#[tokio::test(start_paused = true)]
async fn detached_publications_do_not_starve_those_that_are_awaited() {
    let world = World::connected();
    world.broker.size.store(1, Ordering::Relaxed);
    (0..2).for_each(|_| world.publish(0).detach());
    let awaited = tokio::spawn(world.publish(1).into_future());
    for _ in 0..10 {
        world.publish(0).detach();
        settle().await;
        world.acks.delivered(world.broker.take().0);
        settle().await;
    }
    assert!(awaited.is_finished(), "{} detached publications wait", world.publisher.backlog().len());
}
