//! Reads a single record again.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{
    coverage::Situation,
    topic::place,
    world::{SharedWorld, open},
};
use crate::{message::StoredRecord, transport::ReadBack};

pub(super) struct SimReadBack {
    pub(super) world: SharedWorld,
    pub(super) instance: u32,
}

impl ReadBack for SimReadBack {
    fn read(&self, _: &str, partition: i32, offset: i64) -> BoxFuture<'static, Result<Option<StoredRecord>, String>> {
        let mut world = open(&self.world);
        world.coverage.see(self.instance, Situation::ReadBack);
        let rate = world.rates.not_read_back;
        let fails = world.choices.chance("not-read-back", rate);
        let records = &world.topic.partitions[place(partition)];
        let at = records.place_of(offset);
        let command = &records.records[at];
        let record = StoredRecord {
            value: command.value.clone(),
            key: command.key.clone(),
            offset: command.offset,
            timestamp: None,
            headers: Vec::new(),
        };
        let takes = Duration::from_millis(world.choices.pick("takes", &[0, 1, 30]));
        let sleep = world.time.sleep(takes);
        Box::pin(async move {
            sleep.await;
            if fails { Err("simulated".to_owned()) } else { Ok(Some(record)) }
        })
    }
}
