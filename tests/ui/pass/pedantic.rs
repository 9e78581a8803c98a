// The macros cause no warning in the strictest of crates. It is a target of this crate too, so that clippy sees it.
//! A crate.
#![deny(warnings, missing_docs, unused_qualifications, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use kafka_service::{Command, Event, HandlerError, State, command, event};
use serde::{Deserialize, Serialize};

/// A command.
#[derive(Debug, Deserialize, Command)]
#[command("create_user", key = name, reply = UserCreated, topic = "users")]
pub struct CreateUser {
    /// Who.
    pub name: String,
}

/// An event.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("user.created", key = name)]
pub struct UserCreated {
    /// Who.
    pub name: String,
}

/// Why not.
#[derive(Debug)]
pub enum UserError {
    /// Somebody else has it.
    Taken,
}

impl UserError {
    /// It stays taken.
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

/// Creates.
///
/// # Errors
///
/// Taken.
#[command(retry(attempts = 3, backoff = "100ms..5s", deadline = "2m"), timeout = "30s", permanent = UserError::is_final)]
pub async fn create_user(State(taken): State<String>, user: CreateUser) -> Result<UserCreated, UserError> {
    std::future::ready(()).await;
    if user.name == taken { Err(UserError::Taken) } else { Ok(UserCreated { name: user.name }) }
}

/// Welcomes.
///
/// # Errors
///
/// None.
#[event(retry(attempts = 1), topic = "users")]
pub fn welcome(user: UserCreated) -> Result<(), HandlerError> {
    drop(user.name);
    Ok(())
}

fn main() {}
