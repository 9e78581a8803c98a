//! Extractors: what a handler takes besides its payload, and one of your own.
//!
//! Run it: `cargo run --bin extractors`. It sends itself three commands, prints what the handler makes of them, and exits.
//! `RUST_LOG=info` adds the log.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kafka_service::{
    Command, Config, Event, FromContext, HandlerError, Headers, KafkaService, Meta, State, command, config::Brokers,
    dead_letter,
};
use kafka_service_examples::{Problem, Reader, log};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Command)]
#[command("create_user", key = name)]
struct CreateUser {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.created", key = name)]
struct UserCreated {
    number: u32,
    name: String,
    tenant: String,
    created_by: Option<String>,
}

/// A state. Each call gets a clone, so it is cheap to clone.
#[derive(Clone)]
struct Tenants(&'static [&'static str]);

/// The tenant that the sender names in a header.
struct Tenant(String);

impl FromContext for Tenant {
    /// What it is made of. A state among it is checked at startup.
    type Needs = (Headers, State<Tenants>);

    fn from_context((headers, State(tenants)): Self::Needs) -> Result<Self, HandlerError> {
        let tenant = headers.get_str("tenant").unwrap_or_default();
        if !tenants.0.contains(&tenant) {
            return Err(HandlerError::permanent(format!("`{tenant}` is not a tenant")));
        }
        Ok(Self(tenant.to_owned()))
    }
}

/// Creates a user of a tenant. The payload is the last argument, the others are extractors.
#[command]
async fn create_user(
    Tenant(tenant): Tenant,
    State(users): State<Arc<AtomicU32>>,
    meta: Meta,
    CreateUser { name }: CreateUser,
) -> UserCreated {
    let number = users.fetch_add(1, Ordering::Relaxed) + 1;
    UserCreated { number, name, tenant, created_by: meta.source().map(str::to_owned) }
}

#[tokio::main]
async fn main() -> Result<(), Problem> {
    log("off");
    let config = Config::new("extractors").bootstrap_servers(Brokers::Embedded);
    let service = KafkaService::new(config).state(Tenants(&["acme", "globex"])).state(Arc::<AtomicU32>::default());
    let service = service.start().await?;
    let answers = Reader::answers_of(&service).await?;

    for (name, tenant) in [("Ada", "acme"), ("Bob", "globex"), ("Eve", "evil")] {
        service.publisher().send(&CreateUser { name: name.into() }).header("tenant", tenant).await?;
        let answer = answers.expect().await?;
        match answer.header(dead_letter::ERROR_MESSAGE) {
            "" => println!("event        {}", answer.json()["payload"]),
            reason => println!("dead letter  {reason}"),
        }
    }
    service.shutdown().await?;
    Ok(())
}
