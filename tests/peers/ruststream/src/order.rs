//! The command, the event and its destination, for all modes.

use std::cell::RefCell;

use bytes::Bytes;
use ruststream::{
    Str,
    runtime::{ForReply, Names, Outgoing as Record, PublishContext, PublishTransform},
};
use ruststream_rdkafka::{
    PARTITION_KEY_HEADER,
    context::{KafkaContext, keys::Key},
    prelude::{HandlerOutcome, Outgoing},
};
use serde::{Deserialize, Serialize, Serializer};
use workload::{Arm, CREATE_ORDER, Clock, CreateOrder, Event, ORDER_CREATED, OrderCreated, event_id};

/// The command as RustStream's JSON codec expects it: owned, and in one pass, because the topic has one type. The other
/// arms read the type first and decode the payload in a second pass; the costs are similar.
#[derive(Debug, Deserialize)]
pub(crate) struct Command {
    #[serde(rename = "type")]
    kind: String,
    correlation_id: String,
    pub(crate) payload: CreateOrder,
}

/// The event. The codec encodes it as [`Event`], the bytes that every arm writes.
#[derive(Debug, Outgoing)]
pub(crate) struct Created {
    correlation_id: String,
    payload: OrderCreated,
    source: &'static str,
    partition: i32,
    offset: i64,
}

impl Created {
    /// The event of a command, if it is of the type that this service handles. RustStream lends the command, so the
    /// needed fields are copied.
    pub(crate) fn new(
        command: &Command,
        arm: &'static Arm,
        partition: i32,
        offset: i64,
    ) -> Result<Self, HandlerOutcome> {
        if command.kind != CREATE_ORDER {
            return Err(HandlerOutcome::drop());
        }
        let order = &command.payload;
        let payload = OrderCreated { order_id: order.order_id.clone(), total: order.total, n_items: order.items.len() };
        Ok(Self { correlation_id: command.correlation_id.clone(), payload, source: &arm.source, partition, offset })
    }
}

impl Serialize for Created {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        thread_local! {
            static CLOCK: RefCell<Clock> = RefCell::default();
        }
        let id = event_id(self.partition, self.offset);
        CLOCK.with_borrow_mut(|clock| {
            Event {
                kind: ORDER_CREATED,
                correlation_id: &self.correlation_id,
                timestamp: clock.now(),
                payload: &self.payload,
                source: self.source,
                id: std::str::from_utf8(&id).expect("hexadecimal digits"),
            }
            .serialize(serializer)
        })
    }
}

/// Gives a reply the key of its command, which RustStream does not do, and the topic of the runner.
pub(crate) struct KeyedToEvents {
    events: Str,
}

impl KeyedToEvents {
    pub(crate) fn new(arm: &'static Arm) -> Self {
        Self { events: Str::from(arm.events.as_str()) }
    }
}

impl<Options> PublishTransform<ForReply<KafkaContext>, Options> for KeyedToEvents {
    type Destination = Names;

    fn apply(&self, event: &mut Record<'_>, _: &mut Option<Options>, command: &PublishContext<'_, KafkaContext>) {
        event.set_name(self.events.clone());
        if let Some(key) = command.context(Key) {
            event.headers_mut().insert(Str::from_static(PARTITION_KEY_HEADER), Bytes::copy_from_slice(key));
        }
    }
}
