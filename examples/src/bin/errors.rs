//! Errors: which ones are retried, which are not, and what a dead letter says.
//!
//! Run it: `cargo run --bin errors`. It sends itself four commands, prints the attempts and the event or dead letter that
//! each ends with, and exits. `RUST_LOG=info` adds the log.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use kafka_service::{
    Classify, Command, Config, Event, HandlerError, KafkaService, Meta, ResultExt, command, config::Brokers,
    dead_letter,
};
use kafka_service_examples::{Problem, Reader, log};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Command)]
#[command("charge_card", key = card)]
struct ChargeCard {
    card: String,
    cents: String,
}

#[derive(Serialize, Event)]
#[event("card.charged")]
struct CardCharged {
    cents: u32,
}

#[derive(Debug, thiserror::Error, Classify)]
enum BankError {
    #[error("the bank does not answer")]
    Unavailable,
    #[error("the card is blocked")]
    #[permanent]
    Blocked,
}

/// Charges a card. The options replace those of the service, which would wait longer.
#[command(retry(attempts = 3, backoff = "10ms..50ms"))]
async fn charge_card(meta: Meta, ChargeCard { card, cents }: ChargeCard) -> Result<CardCharged, HandlerError> {
    println!("{card}: attempt {}", meta.attempt());
    let cents = cents.parse().permanent()?; // not retried: what is not a number never becomes one
    bank(&card, meta.attempt())?; // its type says which errors of the bank are permanent
    Ok(CardCharged { cents })
}

/// Answers the busy card at the third attempt.
fn bank(card: &str, attempt: u32) -> Result<(), BankError> {
    match card {
        "blocked" => Err(BankError::Blocked),
        "busy" if attempt == 3 => Ok(()),
        _ => Err(BankError::Unavailable),
    }
}

#[tokio::main]
async fn main() -> Result<(), Problem> {
    log("off");
    let service = KafkaService::new(Config::new("errors").bootstrap_servers(Brokers::Embedded)).start().await?;
    let answers = Reader::answers_of(&service).await?;

    for (card, cents) in [("busy", "100"), ("blocked", "100"), ("valid", "a lot"), ("unreachable", "100")] {
        service.publisher().send(&ChargeCard { card: card.into(), cents: cents.into() }).await?;
        let answer = answers.expect().await?;
        let [attempts, class, error] = [dead_letter::ATTEMPTS, dead_letter::ERROR_CLASS, dead_letter::ERROR_MESSAGE]
            .map(|name| answer.header(name));
        match class {
            "" => println!("{card}: event {}", answer.value),
            _ => println!("{card}: dead letter after {attempts} of 3 attempts, {class}: {error}"),
        }
    }
    service.shutdown().await?;
    Ok(())
}
