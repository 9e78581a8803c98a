//! The command and its event, as types and as bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Clock, ORDER_CREATED, event_id};

/// The payload of a command.
#[derive(Clone, Debug, Deserialize)]
pub struct CreateOrder {
    /// Equals the record's key.
    pub customer_id: String,
    /// Ends in the command's number.
    pub order_id: String,
    /// Three letters.
    pub currency: String,
    /// A field that the event repeats.
    pub total: f64,
    /// Free text; the payload sweep grows it.
    pub note: String,
    /// The ordered items.
    pub items: Vec<Item>,
}

/// A line of an order.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// The article.
    pub sku: String,
    /// The quantity.
    pub quantity: u32,
    /// The price of one.
    pub price: f64,
}

/// The payload of the event.
#[derive(Clone, Debug, Serialize)]
pub struct OrderCreated {
    /// As in the command.
    pub order_id: String,
    /// As in the command.
    pub total: f64,
    /// The number of lines.
    pub n_items: usize,
}

impl From<CreateOrder> for OrderCreated {
    fn from(order: CreateOrder) -> Self {
        Self { order_id: order.order_id, total: order.total, n_items: order.items.len() }
    }
}

/// The envelope of a command, as a hand-written loop declares it: everything borrowed from the record.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Command<'a> {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// A field that the event repeats.
    pub correlation_id: &'a str,
    /// The time of the command.
    #[serde(default)]
    pub timestamp: Option<&'a str>,
    /// Decoded in a second step, after the type.
    #[serde(borrow)]
    pub payload: &'a RawValue,
    /// The sender.
    #[serde(default)]
    pub source: Option<&'a str>,
}

impl<'a> Command<'a> {
    /// Reads the envelope of a record's value.
    ///
    /// # Errors
    /// An error when it is not an envelope.
    pub fn decode(value: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(value)
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// An error when it is not the payload of an order.
    pub fn order(&self) -> serde_json::Result<CreateOrder> {
        serde_json::from_str(self.payload.get())
    }
}

/// The envelope of an event, with its fields in the order in which every arm writes them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Event<'a> {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The one of the command.
    pub correlation_id: &'a str,
    /// From [`Clock`].
    pub timestamp: &'a str,
    /// The payload.
    pub payload: &'a OrderCreated,
    /// The name of the service.
    pub source: &'a str,
    /// From [`event_id`].
    pub id: &'a str,
}

/// Writes events, and keeps the reusable parts: the buffer and the clock.
#[derive(Debug, Default)]
pub struct Encoder {
    buffer: Vec<u8>,
    clock: Clock,
}

impl Encoder {
    /// The bytes of the event for the command at this position.
    ///
    /// # Panics
    /// Never: its output is always valid JSON.
    pub fn event(
        &mut self,
        source: &str,
        correlation_id: &str,
        payload: &OrderCreated,
        partition: i32,
        offset: i64,
    ) -> &[u8] {
        let id = event_id(partition, offset);
        let id = std::str::from_utf8(&id).expect("hexadecimal digits");
        let event = Event { kind: ORDER_CREATED, correlation_id, timestamp: self.clock.now(), payload, source, id };
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, &event).expect("strings and numbers are always JSON");
        &self.buffer
    }
}
