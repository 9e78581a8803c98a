// The macros cause no warnings, even in strict crates and for private or deprecated types.
//! A crate.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    private_interfaces,
    unused_qualifications,
    unused_results,
    single_use_lifetimes,
    elided_lifetimes_in_paths,
    let_underscore_drop,
    trivial_casts,
    unused_lifetimes,
    non_local_definitions,
    refining_impl_trait
)]

use kafka_service::{Event, command};
use serde::{Deserialize, Serialize};

/// A private payload.
#[derive(Deserialize)]
struct CreateUser {
    name: String,
}

/// A visible event.
#[derive(Debug, Serialize, Event)]
#[event("user.created", key = id)]
pub(crate) struct UserCreated {
    id: String,
}

/// Several events.
#[derive(Debug, Serialize, Event)]
pub(crate) enum Answer {
    /// The first event.
    #[event("answer.yes", key = 0.id)]
    Yes(UserCreated),
    /// The second event.
    #[event("answer.no")]
    No,
}

/// A deprecated payload.
#[deprecated]
#[derive(Deserialize)]
pub(crate) struct Old {
    name: String,
}

/// Creates a user.
#[command("create_user")]
async fn create_user(user: CreateUser) -> Answer {
    if user.name.is_empty() { Answer::No } else { Answer::Yes(UserCreated { id: user.name }) }
}

/// A deprecated handler.
#[command("create_old")]
#[deprecated]
#[allow(deprecated)]
fn create_old(old: Old) {
    drop(old.name);
}

/// Returns no event.
#[command("ping")]
#[must_use]
async fn ping() -> Option<UserCreated> {
    None
}

fn main() {}
