//! The handler of a slice of commands.

use std::{
    process,
    sync::atomic::{AtomicI64, Ordering},
};

use futures_util::future::join_all;
use ruststream_rdkafka::{PARTITION_KEY_HEADER, prelude::*};
use workload::Arm;

use crate::{
    order::{Command, Created},
    settings::{Tracked, commands},
};

/// The publisher of the events.
#[derive(OutSlot)]
#[publishes(Created)]
pub(crate) struct Events;

/// Sends the events of a slice together and waits for all of them. Replies of a slice (`-> Vec<Created>`) would be sent
/// one by one, each after the acknowledgement of the one before: 200 per second at a linger of 5 ms.
#[subscriber(KafkaTopic::new(commands()).tracked())]
pub(crate) async fn in_slices(
    slice: &[Command],
    State(arm): State<&'static Arm>,
    Out(events): Out<impl Publisher, Events>,
) -> HandlerOutcome {
    let mut created = Vec::with_capacity(slice.len());
    for command in slice {
        let (partition, offset) = instead_of_position();
        let Ok(event) = Created::new(command, arm, partition, offset) else { continue };
        // In sequence: concurrent sends would be faster and lose the order of a key.
        arm.work().await;
        arm.handled(command.payload.customer_id.as_bytes());
        created.push((event, key_of(command)));
    }
    let sent = created.into_iter().map(|(event, key)| {
        let events = &events;
        async move { events.message(&event).to(arm.events.as_str()).with_headers(key).publish().await }
    });
    if join_all(sent).await.iter().all(Result::is_ok) { HandlerOutcome::ack() } else { HandlerOutcome::retry() }
}

/// An element of a slice does not know its partition and offset, so the id of its event consists of the process and a
/// number: the same work, but another id if the command is redelivered.
fn instead_of_position() -> (i32, i64) {
    static NUMBER: AtomicI64 = AtomicI64::new(0);
    (process::id().cast_signed(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A header of this name carries the key of a record. The customer is the key of the command.
fn key_of(command: &Command) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(PARTITION_KEY_HEADER, command.payload.customer_id.clone());
    headers
}
