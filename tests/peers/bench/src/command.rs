//! The commands that the runner writes, and how it reads their events.

use serde_json::Value;
use workload::{CREATE_ORDER, command_name};

/// The contents of a topic of commands. Each topic is filled once and used by all arms and rounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) count: u64,
    pub(crate) partitions: i32,
    pub(crate) keys: u64,
    /// The payload size in bytes; 0: the default, 345 bytes with its envelope.
    pub(crate) payload: usize,
    /// The number of different commands.
    pub(crate) handlers: u64,
    /// The name if there is only one.
    pub(crate) kind: &'static str,
    /// Every `poison`-th command has an invalid payload; 0: none.
    pub(crate) poison: u64,
}

impl Shape {
    /// The plain workload, W1.
    pub(crate) const fn plain(count: u64) -> Self {
        Self { count, partitions: 8, keys: 10_000, payload: 0, handlers: 1, kind: CREATE_ORDER, poison: 0 }
    }

    pub(crate) fn is_poison(&self, number: u64) -> bool {
        self.poison > 0 && number % self.poison == self.poison - 1
    }

    /// The number of commands that are answered with an event.
    pub(crate) fn good(&self) -> u64 {
        self.count - self.count.checked_div(self.poison).unwrap_or(0)
    }

    pub(crate) fn key(&self, number: u64) -> String {
        format!("customer-{:05}", number % self.keys)
    }

    /// The bytes of one command.
    pub(crate) fn value(&self, number: u64) -> String {
        let kind = if self.handlers > 1 { command_name(number, self.handlers) } else { self.kind.to_owned() };
        let id = format!("{number:08x}-0000-7000-8000-{number:012x}");
        let payload = self.payload(number);
        format!(
            r#"{{"type":"{kind}","correlation_id":"{id}","timestamp":"2026-11-23T17:40:00.123456","payload":{payload},"source":"web-shop"}}"#
        )
    }

    fn payload(&self, number: u64) -> String {
        let key = self.key(number);
        if self.is_poison(number) {
            return format!(r#"{{"customer_id":"{key}","order_id":"order-{number:09}"}}"#);
        }
        if self.payload == 0 {
            return order(&key, number, "EUR", "please deliver to the back door", ITEM);
        }
        let short = order(&key, number, "", "", "");
        let note = "n".repeat(self.payload.saturating_sub(short.len()));
        order(&key, number, "", &note, "")
    }
}

const ITEM: &str = r#"{"sku":"SKU-0001","quantity":3,"price":41.15}"#;

fn order(key: &str, number: u64, currency: &str, note: &str, items: &str) -> String {
    format!(
        r#"{{"customer_id":"{key}","order_id":"order-{number:09}","currency":"{currency}","total":123.45,"note":"{note}","items":[{items}]}}"#
    )
}

/// The number in a correlation id.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"correlation_id\":\"";
    // A search instead of a decode: the runner reads each event of each run.
    let start = value.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let id = std::str::from_utf8(value.get(start..start + 36)?).ok()?;
    u64::from_str_radix(id.rsplit('-').next()?, 16).ok()
}

/// What is wrong with an event, checked in full. Too slow for each of a million.
pub(crate) fn flaw(value: &[u8], source: &str) -> Option<String> {
    let Ok(event) = serde_json::from_slice::<Value>(value) else { return Some("an event is not JSON".to_owned()) };
    let number = number(value)?;
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let order = format!("order-{number:09}");
    let checks = [
        ("type", text("type") == workload::ORDER_CREATED),
        ("timestamp", text("timestamp").len() == 27 && text("timestamp").ends_with('Z')),
        ("source", text("source") == source),
        ("id", text("id").len() == 36),
        ("payload", event["payload"]["order_id"] == order.as_str() && event["payload"]["total"] == 123.45),
        ("items", event["payload"]["n_items"].is_u64()),
        ("members", event.as_object().is_some_and(|members| members.len() == 6)),
    ];
    let wrong = checks.iter().find(|(_, ok)| !ok)?;
    Some(format!("{} of event {number} is wrong: {}", wrong.0, String::from_utf8_lossy(value)))
}
