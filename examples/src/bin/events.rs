//! Returned events and event handlers: `pay` publishes the outcome of a payment, `pack` reacts to it.
//!
//! Run it: `cargo run --bin events`. It sends itself two commands, prints the events of both, and exits.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use kafka_service::{Command, Config, Event, KafkaService, command, config::Brokers, event};
use kafka_service_examples::{Problem, Reader, log};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Command)]
#[command("pay", key = order)]
struct Pay {
    order: u32,
    cents: u32,
}

/// One of these is published. A refusal is not an error: a retry would not change it, and the sender wants to know.
#[derive(Serialize, Event)]
enum PaymentEnded {
    #[event("payment.accepted", key = order)]
    Accepted { order: u32 },
    #[event("payment.refused", key = order)]
    Refused { order: u32, reason: &'static str },
}

#[derive(Serialize, Event)]
#[event("receipt.requested", key = order)]
struct ReceiptRequested {
    order: u32,
}

/// Takes a payment. All events of the tuple are published, in order.
#[command]
async fn pay(Pay { order, cents }: Pay) -> (PaymentEnded, Option<ReceiptRequested>) {
    match cents {
        0 => (PaymentEnded::Refused { order, reason: "nothing to pay" }, None),
        _ => (PaymentEnded::Accepted { order }, Some(ReceiptRequested { order })),
    }
}

/// The fields of `payment.accepted` that are needed here. The handler could as well be in another service.
#[derive(Deserialize)]
struct PaymentAccepted {
    order: u32,
}

#[derive(Serialize, Event)]
#[event("parcel.packed", key = order)]
struct ParcelPacked {
    order: u32,
}

/// Packs what is paid.
#[event("payment.accepted")]
async fn pack(payment: PaymentAccepted) -> ParcelPacked {
    ParcelPacked { order: payment.order }
}

#[tokio::main]
async fn main() -> Result<(), Problem> {
    log("warn");
    let service = KafkaService::new(Config::new("events").bootstrap_servers(Brokers::Embedded)).start().await?;
    let events = Reader::answers_of(&service).await?;

    // An event has the correlation id of the message that caused it.
    service.publisher().send(&Pay { order: 1, cents: 4200 }).correlation_id("c-1").await?;
    service.publisher().send(&Pay { order: 2, cents: 0 }).correlation_id("c-2").await?;
    for _ in 0..4 {
        let event = events.expect().await?.json();
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        println!("{}  {:<17}  {}", text("correlation_id"), text("type"), event["payload"]);
    }
    service.shutdown().await?;
    Ok(())
}
