//! The workload: commands of 341 bytes, 10,000 keys, and a handler that is ready at its first poll and returns an event.

#![allow(dead_code, reason = "every benchmark uses its part")]

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use kafka_service::{__bench::Command, Event, command};
use serde::{Deserialize, Serialize};

const KEYS: usize = 10_000;

#[derive(Deserialize)]
struct Item {
    sku: String,
    quantity: u32,
    price: f64,
}

#[derive(Deserialize)]
struct CreateOrder {
    customer_id: String,
    order_id: String,
    currency: String,
    total: f64,
    note: String,
    items: Vec<Item>,
}

#[derive(Serialize, Event)]
#[event("order_created")]
struct OrderCreated {
    order_id: String,
    total: f64,
    n_items: usize,
}

#[command("create_order")]
async fn create_order(command: CreateOrder) -> OrderCreated {
    OrderCreated { order_id: command.order_id, total: command.total, n_items: command.items.len() }
}

/// One command for each key.
pub(crate) fn commands() -> Vec<Command> {
    let commands = (0..KEYS).map(|number| Command { key: key(number).into_bytes(), value: value(number) });
    commands.collect()
}

/// The payloads of the same commands.
pub(crate) fn payloads() -> Vec<String> {
    (0..KEYS).map(payload).collect()
}

/// What somebody would write who has nothing but the payload: decode, call, encode.
pub(crate) fn by_hand(payload: &str, out: &mut Vec<u8>) {
    let command = serde_json::from_str(payload).expect("the payload is an order");
    let Poll::Ready(event) = pin!(create_order(command)).poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("the handler waits for nothing");
    };
    serde_json::to_writer(out, &event).expect("an event is JSON, and a Vec takes every byte");
}

/// The payload of the event that the first command causes.
pub(crate) fn event_payload() -> Vec<u8> {
    let mut out = Vec::new();
    by_hand(&payload(0), &mut out);
    out
}

fn key(number: usize) -> String {
    format!("customer-{number:05}")
}

fn payload(number: usize) -> String {
    format!(
        r#"{{"customer_id":"{}","order_id":"order-{number:09}","currency":"EUR","total":123.45,"note":"please deliver to the back door","items":[{{"sku":"SKU-0001","quantity":3,"price":41.15}}]}}"#,
        key(number)
    )
}

fn value(number: usize) -> Vec<u8> {
    let text = format!(
        r#"{{"type":"create_order","correlation_id":"{number:08x}-0000-7000-8000-{number:012x}","timestamp":"2026-11-23T17:40:00.123456","payload":{},"source":"web-shop"}}"#,
        payload(number)
    );
    text.into_bytes()
}
