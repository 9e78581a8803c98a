//! Records what the handlers of one service did, and holds the gates that block them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka_service::{CorrelationId, FromContext, HandlerError, Meta, State};
use tokio::sync::{Barrier, Semaphore};

/// The state of every service in these tests. Clones share it.
#[derive(Clone)]
pub(crate) struct Board(Arc<Inner>);

struct Inner {
    log: Mutex<Log>,
    gate: Semaphore,
    meeting: Barrier,
}

#[derive(Default)]
struct Log {
    steps: Vec<Step>,
    running: usize,
    high_water: usize,
}

/// The start or the end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) begins: bool,
    pub(crate) correlation_id: String,
    /// The record's key, else the correlation id: the ordering key.
    pub(crate) lane: String,
    pub(crate) partition: i32,
    pub(crate) attempt: u32,
}

impl Board {
    /// For `meeting`: how many calls of the handler `meet` must run concurrently before any of them ends.
    pub(crate) fn new(meeting: usize) -> Self {
        let (log, gate) = (Mutex::default(), Semaphore::new(0));
        Self(Arc::new(Inner { log, gate, meeting: Barrier::new(meeting) }))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every start and end of a call, in order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.log().steps.clone()
    }

    /// The correlation ids of the started calls, in order.
    pub(crate) fn begun(&self) -> Vec<String> {
        self.log().steps.iter().filter(|step| step.begins).map(|step| step.correlation_id.clone()).collect()
    }

    /// The correlation ids of the started calls, in order for each lane.
    pub(crate) fn begun_by_lane(&self) -> HashMap<String, Vec<String>> {
        let mut lanes: HashMap<String, Vec<String>> = HashMap::new();
        for step in self.log().steps.iter().filter(|step| step.begins) {
            lanes.entry(step.lane.clone()).or_default().push(step.correlation_id.clone());
        }
        lanes
    }

    /// The number of running calls.
    pub(crate) fn running(&self) -> usize {
        self.log().running
    }

    /// The highest number of concurrent calls.
    pub(crate) fn high_water(&self) -> usize {
        self.log().high_water
    }

    /// Lets this many calls of gated handlers continue.
    pub(crate) fn let_pass(&self, count: usize) {
        self.0.gate.add_permits(count);
    }

    /// Lets all calls of gated handlers continue, including later ones.
    pub(crate) fn open(&self) {
        self.let_pass(Semaphore::MAX_PERMITS / 2);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.gate.available_permits() > 0
    }

    /// Waits for the gate.
    pub(crate) async fn gate(&self) {
        self.0.gate.acquire().await.expect("the gate is never closed for good").forget();
    }

    /// Waits until the other calls have started.
    pub(crate) async fn meet(&self) {
        self.0.meeting.wait().await;
    }
}

/// Records a handler's call from start to end.
pub(crate) struct Call {
    pub(crate) board: Board,
    step: Step,
}

impl FromContext for Call {
    type Needs = (State<Board>, Meta, CorrelationId);

    fn from_context((State(board), meta, CorrelationId(correlation_id)): Self::Needs) -> Result<Self, HandlerError> {
        let key = meta.key().map(|key| String::from_utf8_lossy(key).into_owned());
        let lane = key.unwrap_or_else(|| correlation_id.clone());
        let (partition, attempt) = (meta.partition(), meta.attempt());
        let step = Step { begins: true, correlation_id, lane, partition, attempt };
        let mut log = board.log();
        log.steps.push(step.clone());
        log.running += 1;
        log.high_water = log.high_water.max(log.running);
        drop(log);
        Ok(Self { board, step: Step { begins: false, ..step } })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut log = self.board.log();
        log.steps.push(self.step.clone());
        log.running -= 1;
    }
}
