//! When tokens are fetched, and who gets them.

use super::{Does, World};

#[tokio::test(start_paused = true)]
async fn one_token_for_all_clients_is_renewed_at_80_percent() {
    let world = World::start(Does::Lasts(100)).await;
    let ((one, _one), (two, _two)) = (world.client(), world.client());
    assert_eq!((one.tokens(), two.tokens()), (vec!["token-1".to_owned()], vec!["token-1".to_owned()]));
    world.at(79).await;
    assert_eq!(world.calls(), [0.0]);
    world.at(80).await;
    assert_eq!(world.calls(), [0.0, 80.0], "once for both");
    assert_eq!((one.tokens(), two.tokens()), (vec!["token-1".to_owned(), "token-2".to_owned()], one.tokens()));
    world.at(240).await;
    assert_eq!(world.calls(), [0.0, 80.0, 160.0, 240.0]);
    assert_eq!(world.problem(), None);
}

#[tokio::test(start_paused = true)]
async fn a_new_client_gets_the_cached_token_at_once() {
    let world = World::start(Does::Lasts(100)).await;
    world.at(50).await;
    let (client, attached) = world.client();
    assert_eq!(client.tokens(), ["token-1"]);
    drop(attached);
    world.at(90).await;
    assert_eq!((client.tokens().len(), world.calls().len()), (1, 2), "it is gone when the next token arrives");
}

#[tokio::test(start_paused = true)]
async fn short_lived_tokens_do_not_make_a_tight_loop() {
    let world = World::start(Does::Lasts(1)).await;
    world.at(10).await;
    assert_eq!(world.calls().len(), 11, "{:?}", world.calls());
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_return_the_same_token_again() {
    let world = World::start(Does::Lasts(100)).await;
    let first = world.clock.now() + super::seconds(100);
    let cached = crate::oauth::Token::new("token-1", first);
    assert_eq!(world.tokens.replace(cached), Ok(()));
    world.at(100).await;
    assert_eq!(world.problem(), None);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_fetched_again_after_ten_seconds() {
    let world = World::start(Does::Lasts(3_600)).await;
    let (client, _attached) = world.client();
    world.at(3).await;
    for _ in 0..5 {
        world.tokens.refused("{\"status\":\"invalid_token\"}");
    }
    world.at(9).await;
    assert_eq!(world.calls(), [0.0]);
    world.at(10).await;
    assert_eq!((world.calls(), client.tokens().len()), (vec![0.0, 10.0], 2));
    world.at(2_000).await;
    assert_eq!(world.calls().len(), 2, "one fetch for all refusals of one token");
    world.tokens.refused("again");
    world.at(2_001).await;
    assert_eq!(world.calls().len(), 3, "at once, if the last fetch was long ago");
}

#[tokio::test(start_paused = true)]
async fn without_tokens_nothing_is_fetched_any_more() {
    let world = World::start(Does::Lasts(100)).await;
    let (_client, attached) = world.client();
    let World { provider, tokens, .. } = world;
    drop((tokens, attached));
    tokio::time::sleep(super::seconds(1_000)).await;
    assert_eq!(super::sync::lock(&provider.calls).len(), 1);
}
