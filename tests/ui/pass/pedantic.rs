// The macros cause no warnings in the strictest crates. This is also a target of this crate, so that clippy checks it.
//! A crate.
#![deny(warnings, missing_docs, unused_qualifications, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use kafka_service::{Command, Event, HandlerError, State, command, event};
use serde::{Deserialize, Serialize};

/// A command.
#[derive(Debug, Deserialize, Command)]
#[command("create_user", key = name, reply = UserCreated, topic = "users")]
pub struct CreateUser {
    /// The name of the user.
    pub name: String,
}

/// An event.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("user.created", key = name)]
pub struct UserCreated {
    /// The name of the user.
    pub name: String,
}

/// The reason why a user was not created.
#[derive(Debug)]
pub enum UserError {
    /// The name is already taken.
    Taken,
}

impl UserError {
    /// Returns whether the error is permanent.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Taken)
    }
}

impl std::fmt::Display for UserError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("taken")
    }
}

impl std::error::Error for UserError {}

/// Creates a user.
///
/// # Errors
///
/// The name is already taken.
#[command(retry(attempts = 3, backoff = "100ms..5s", deadline = "2m"), timeout = "30s", permanent = UserError::is_final)]
pub async fn create_user(State(taken): State<String>, user: CreateUser) -> Result<UserCreated, UserError> {
    std::future::ready(()).await;
    if user.name == taken { Err(UserError::Taken) } else { Ok(UserCreated { name: user.name }) }
}

/// Welcomes a new user.
///
/// # Errors
///
/// This handler never fails.
#[event(retry(attempts = 1), topic = "users")]
pub fn welcome(user: UserCreated) -> Result<(), HandlerError> {
    drop(user.name);
    Ok(())
}

fn main() {}
