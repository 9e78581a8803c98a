//! Handlers of one command: in lanes, and one by one.

use ruststream_rdkafka::{
    context::keys::{Key, Offset},
    prelude::*,
};
use workload::Arm;

use crate::{
    order::{Command, Created},
    settings::{Tracked, commands},
};

/// At most two commands of a key are in a lane, one of them in flight; the loop that fills the lanes waits then.
#[subscriber(
    KafkaTopic::new(commands()).tracked().lane_key(LaneKey::RecordKey),
    workers(1000, by_key),
    reply("events")
)]
pub(crate) async fn in_lanes(
    command: &Command,
    State(arm): State<&'static Arm>,
    Ctx(partition): Ctx<Partition>,
    Ctx(offset): Ctx<Offset>,
    Ctx(key): Ctx<Key>,
) -> Result<Created, HandlerOutcome> {
    answer(command, arm, partition, offset, key.as_deref().unwrap_or_default()).await
}

/// The same without settings.
#[subscriber(KafkaTopic::new(commands()), reply("events"))]
pub(crate) async fn one_by_one(
    command: &Command,
    State(arm): State<&'static Arm>,
    Ctx(partition): Ctx<Partition>,
    Ctx(offset): Ctx<Offset>,
    Ctx(key): Ctx<Key>,
) -> Result<Created, HandlerOutcome> {
    answer(command, arm, partition, offset, key.as_deref().unwrap_or_default()).await
}

async fn answer(
    command: &Command,
    arm: &'static Arm,
    partition: i32,
    offset: i64,
    key: &[u8],
) -> Result<Created, HandlerOutcome> {
    let created = Created::new(command, arm, partition, offset)?;
    arm.work().await;
    arm.handled(key);
    Ok(created)
}
