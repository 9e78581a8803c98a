// Events may have type parameters.

use std::fmt::Display;

use kafka_service::{Event, command};
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("changed", key = id)]
struct Changed<'a, I: Display, T>
where
    T: Clone,
{
    id: I,
    value: &'a T,
}

#[derive(Serialize, Event)]
enum Answer<T> {
    #[event("some", key = 0)]
    Some(&'static str, T),
    #[event("none")]
    None {},
}

#[command("change")]
async fn change() -> (Changed<'static, u8, u8>, Answer<u8>, Answer<u8>) {
    (Changed { id: 1, value: &2 }, Answer::Some("key", 1), Answer::None {})
}

fn main() {}
