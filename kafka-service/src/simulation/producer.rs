//! The producing client as the engine sees it.

use std::{sync::Arc, time::Duration};

use super::{
    coverage::Situation,
    deliveries::{free, report_next},
    world::{SharedWorld, open},
};
use crate::{
    acks::Acks,
    transport::{DeliveryReports as _, OutRecord, Producer, SendError, Token},
};

/// The producer that the engine sees.
pub(super) struct SimProducer {
    pub(super) world: SharedWorld,
    pub(super) instance: u32,
    pub(super) acks: Arc<Acks>,
}

impl Producer for SimProducer {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        // The client's thread may report at any moment, also between two sends of a batch.
        if open(&self.world).choices.chance("reports-between", 50) {
            open(&self.world).append(self.instance);
            while report_next(&self.world, &self.acks, self.instance) {}
        }
        let mut world = open(&self.world);
        let sent =
            if self.acks.is_held() { Err(SendError::QueueFull) } else { world.send(self.instance, record, token) };
        // The client's thread may settle everything between the moment when the queue was full and the moment when the
        // engine learns it.
        if sent == Err(SendError::QueueFull) && world.choices.chance("settles-at-full", 200) {
            while world.append(self.instance) {}
            drop(world);
            self.report_all();
        }
        sent
    }

    fn idle(&self) {}

    fn renew(&self) {
        let mut world = open(&self.world);
        let Some(outbox) = world.outboxes.get_mut(&self.instance).filter(|outbox| outbox.is_fatal()) else { return };
        if outbox.renew() {
            self.acks.hold();
        }
        world.note(|| format!("instance {} renews its producer", self.instance));
        world.coverage.see(self.instance, Situation::ProducerReplaced);
        // The old client may be closed, and may have returned all its records, before the engine continues.
        if world.choices.chance("closes-at-once", 300) {
            drop(world);
            self.report_all();
        }
    }

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

impl SimProducer {
    /// Reports everything that is settled, at once.
    fn report_all(&self) {
        while report_next(&self.world, &self.acks, self.instance) {}
        free(&self.world, &self.acks, self.instance);
    }
}
