//! Providers that fail: the token stays in use, health says what is wrong, and the next valid token mends it.

use super::{Does, World};

const PROVIDER: &str = "alloc::sync::Arc<kafka_service::oauth::tests::Provider>";

fn unavailable(cause: &str) -> Option<String> {
    Some(format!("there is no valid OAUTHBEARER token: `{PROVIDER}` {cause}"))
}

#[tokio::test(start_paused = true)]
async fn a_failing_provider_costs_nothing_while_the_token_is_valid() {
    let world = World::start(Does::Lasts(100)).await;
    let (client, _attached) = world.client();
    world.does(Does::Fails);
    world.at(99).await;
    assert_eq!(world.problem(), None);
    assert_eq!(client.tokens(), ["token-1"]);
    // At 80 %, then 0.25, 0.5, 1, 2, 4 and 5 s later.
    assert_eq!(world.calls(), [0.0, 80.0, 80.25, 80.75, 81.75, 83.75, 87.75, 92.75, 97.75]);
    world.at(100).await;
    assert_eq!(world.problem(), unavailable("failed: service is down"), "as soon as it has expired");
    assert!(!world.health.problems()[0].help.is_empty());
    world.does(Does::Lasts(100));
    world.at(103).await;
    assert_eq!((world.problem(), client.tokens().len()), (None, 2));
    world.at(181).await;
    assert_eq!(world.calls().len(), 10, "back to 80 %");
    world.at(183).await;
    assert_eq!(world.calls().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_service_starts_without_a_token_and_recovers() {
    let world = World::start(Does::Fails).await;
    assert_eq!(world.calls(), [0.0], "start waits for one attempt only");
    assert_eq!(world.problem(), unavailable("failed: service is down"));
    let (client, _attached) = world.client();
    assert!(client.tokens().is_empty());
    world.does(Does::Lasts(100));
    world.at(1).await;
    assert_eq!((world.problem(), client.tokens()), (None, vec!["token-2".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_is_given_up_after_ten_seconds() {
    let world = World::start(Does::Hangs).await;
    assert_eq!(world.clock.began.elapsed(), super::seconds(10), "start does not wait longer");
    assert_eq!(world.problem(), unavailable("did not return a token within 10 s"));
    world.does(Does::Lasts(100));
    world.at(11).await;
    assert_eq!(world.problem(), None);
}

#[tokio::test(start_paused = true)]
async fn the_expiry_is_noticed_while_the_provider_hangs() {
    let world = World::start(Does::Lasts(10)).await;
    world.does(Does::Hangs);
    world.at(9).await;
    assert_eq!((world.problem(), world.calls()), (None, vec![0.0, 8.0]));
    world.at(10).await;
    let expected = format!(
        "there is no valid OAUTHBEARER token: the previous one has expired, and `{PROVIDER}` has not returned another one yet"
    );
    assert_eq!(world.problem(), Some(expected));
    world.at(18).await;
    assert_eq!(world.problem(), unavailable("did not return a token within 10 s"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt() {
    for does in [Does::Panics, Does::PanicsAtOnce] {
        let world = World::start(does).await;
        assert_eq!(world.problem(), unavailable("panicked: no credentials"));
        world.does(Does::Lasts(100));
        world.at(1).await;
        assert_eq!(world.problem(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_token_does_not_replace_a_valid_one() {
    let world = World::start(Does::Lasts(100)).await;
    let (client, _attached) = world.client();
    for (does, flaw) in [
        (Does::Lasts(0), "it expired 0 s ago"),
        (Does::Returns(""), "it is empty"),
        (Does::Returns("secret\n"), "a line break at position 6 is not allowed in a token"),
    ] {
        world.does(does);
        let expected = unavailable(&format!("returned an invalid token: {flaw}"));
        let fresh = World::start(does).await;
        assert_eq!(fresh.problem(), expected);
    }
    world.at(99).await;
    assert_eq!((world.problem(), client.tokens()), (None, vec!["token-1".to_owned()]));
    world.at(101).await;
    let cause = "returned an invalid token: a line break at position 6 is not allowed in a token";
    assert_eq!(world.problem(), unavailable(cause));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_rejects_a_token_is_a_failed_attempt() {
    let world = World::start(Does::Lasts(100)).await;
    let (client, _attached) = world.client();
    *super::sync::lock(&client.rejects) = true;
    world.at(101).await;
    let expected = "there is no valid OAUTHBEARER token: the Kafka client rejects the token: no";
    assert_eq!(world.problem().as_deref(), Some(expected));
    *super::sync::lock(&client.rejects) = false;
    world.at(110).await;
    assert_eq!(world.problem(), None);
}
