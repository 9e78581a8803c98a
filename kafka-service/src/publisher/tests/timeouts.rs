//! Publications that are awaited.

use super::*;
use crate::{
    acks::{Bound, BoundGuard},
    handler::{States, testing::with_provider},
};

#[tokio::test(start_paused = true)]
async fn without_a_broker_a_publication_is_never_sent() {
    let world = World::disconnected();
    let began = Instant::now();
    let error = world.publish(1).await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
    assert_eq!(
        error.to_string(),
        "`report.created` was not sent to topic `reports`: no broker was connected within 30s (kafka:9092: Connect failed: \
         Connection refused)"
    );
    assert!(!error.may_arrive() && error.id().is_none() && !error.is_permanent(), "{error:?}");
    world.broker.connect();
    settle().await;
    assert_eq!((world.broker.sent(), world.pending()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_publication_has_a_timeout_of_its_own() {
    let world = World::disconnected();
    let began = Instant::now();
    let error = world.publish(1).timeout(Duration::from_millis(1500)).await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 1);
    assert!(error.to_string().contains("no broker was connected within 1s500ms"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_publication_is_sent_when_a_broker_is_connected() {
    let world = World::disconnected();
    let publishing = tokio::spawn(world.publish(1).into_future());
    tokio::time::sleep(TIMEOUT / 2).await;
    assert_eq!(world.broker.sent(), 0, "it waits before it is handed over");
    world.broker.connect();
    settle().await;
    world.acks.delivered(world.broker.take().0);
    assert_eq!(publishing.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_unacknowledged_publication_may_arrive_under_its_id() {
    let world = World::connected();
    let publishing = tokio::spawn(world.publish(1).into_future());
    let error = publishing.await.unwrap().unwrap_err();
    let (token, id) = world.broker.take();
    assert_eq!(
        error.to_string(),
        format!(
            "`report.created` was not acknowledged on topic `reports` within 30s; it may still arrive, with id `{id}`"
        )
    );
    assert!(error.may_arrive() && error.id() == Some(&id), "{error:?}");
    assert_eq!(world.acks.unheard(), 0);
    world.acks.delivered(token);
    assert_eq!((world.acks.unheard(), world.pending()), (1, 0), "the late acknowledgement is counted");
}

#[tokio::test(start_paused = true)]
async fn the_error_has_no_id_that_no_message_has() {
    let world = World::new(MessageIdLocation::Off);
    world.broker.connect();
    let error = world.publish(1).await.unwrap_err();
    assert!(error.to_string().ends_with("within 30s; it may still arrive"), "{error}");
    assert!(error.may_arrive() && error.id().is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn without_room_a_publication_is_never_sent() {
    let world = World::connected();
    world.broker.is_full.store(true, Ordering::Relaxed);
    let error = world.publish(1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`report.created` was not sent to topic `reports`: the producer queue had no room within 30s"
    );
    assert!(!error.may_arrive() && world.pending() == 0, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_publication_that_waits_is_never_sent() {
    let world = World::connected();
    world.broker.is_full.store(true, Ordering::Relaxed);
    let mut publishing = world.publish(1).into_future();
    assert!((&mut publishing).now_or_never().is_none());
    drop(publishing);
    assert_eq!(world.pending(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait() {
    for is_connected in [false, true] {
        let world = if is_connected { World::connected() } else { World::disconnected() };
        let publishing = tokio::spawn(world.publish(1).into_future());
        settle().await;
        world.acks.close();
        let error = publishing.await.unwrap().unwrap_err();
        assert_eq!(error.may_arrive(), is_connected, "{error}");
        assert_eq!(error.to_string().ends_with("the service has stopped"), !is_connected, "{error}");
        assert!(is_connected == error.to_string().contains("it may have been written, with id `"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_delivery_may_arrive() {
    let world = World::connected();
    for (cause, may_arrive) in [(Cause::Producer, true), (Cause::Broker, false)] {
        let publishing = tokio::spawn(world.publish(1).into_future());
        settle().await;
        let (token, record) = sync::lock(&world.broker.sent).pop_front().unwrap();
        world.acks.failed(token, Undelivered { record, cause, code: "Test".into(), error: "gone".to_owned() });
        let error = publishing.await.unwrap().unwrap_err();
        assert_eq!((error.may_arrive(), error.id().is_some()), (may_arrive, may_arrive), "{error}");
    }
}

/// A publisher in a handler, and its command.
fn bound(world: &World) -> (Publisher, BoundGuard) {
    let command = Bound::new(Arc::clone(&world.acks), 0, 0);
    let states = States::default();
    let lazy = LazyPublisher::new(&world.publisher, 0, 0, None);
    let publisher = with_provider(&crate::handler::testing::text("{}"), &states, &lazy, |context| {
        world.publisher.bound_to(context, Arc::clone(&command))
    });
    (publisher, BoundGuard::new(command))
}

#[tokio::test(start_paused = true)]
async fn in_a_handler_only_an_explicit_timeout_applies() {
    let mut world = World::disconnected();
    let (publisher, _command) = bound(&world);
    let mut waiting = publisher.publish_event("report.created", json!(1)).into_future();
    assert!(tokio::time::timeout(TIMEOUT * 100, &mut waiting).await.is_err(), "no default timeout");
    let began = Instant::now();
    let limited = publisher.publish_event("report.created", json!(2)).timeout(Duration::from_secs(1)).await;
    let error = limited.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 1);
    assert!(matches!(error, PublishError::NotAcknowledged { .. }) && error.may_arrive(), "{error:?}");
    for _ in 0..2 {
        assert!(matches!(world.incoming.try_recv(), Ok(Incoming::Published(_))), "the dispatcher sends both");
    }
}
