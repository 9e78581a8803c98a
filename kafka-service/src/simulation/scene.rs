//! The world as a handler sees it: a state of the service.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Instant,
};

use super::{
    client::SimClient,
    deliveries::report_next,
    world::{SharedWorld, open},
};
use crate::{
    acks::Acks,
    engine::{Driver, End, Step},
    sync,
};

/// The thread that steps a driver.
#[derive(Default)]
pub(super) struct Consumer {
    pub(super) driver: Option<Driver<SimClient>>,
    /// How the driver ended, until that is taken.
    end: Option<End>,
}

impl Consumer {
    /// Runs one step; `None` if the driver is gone.
    pub(super) fn step(&mut self, now: Instant) -> Option<Step> {
        match self.end.take() {
            Some(end) => Some(Step::End(end)),
            None => self.driver.as_mut().map(|driver| driver.step(now)),
        }
    }

    fn step_meanwhile(&mut self, now: Instant) {
        if self.end.is_none()
            && let Some(Step::End(end)) = self.step(now)
        {
            self.end = Some(end);
        }
    }
}

/// The world, and the other threads of the process in which the handler runs.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) world: SharedWorld,
    pub(super) instance: u32,
    pub(super) acks: Arc<Acks>,
    pub(super) consumer: Weak<Mutex<Consumer>>,
}

impl Scene {
    /// What other threads may do while a handler occupies the dispatcher's.
    pub(super) fn meanwhile(&self) {
        let mut world = open(&self.world);
        let rate = world.rates.meanwhile;
        let (reports, steps) =
            (world.choices.chance("reports-meanwhile", rate), world.choices.chance("steps-meanwhile", rate));
        let now = world.time.now();
        drop(world);
        if reports {
            report_next(&self.world, &self.acks, self.instance);
        }
        if steps && let Some(consumer) = self.consumer.upgrade() {
            sync::lock(&consumer).step_meanwhile(now);
        }
    }
}
