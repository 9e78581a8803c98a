//! The time of the runtime's timers alone: no handler that waits can be faster than that.

use std::time::{Duration, Instant};

use tokio::{runtime::Runtime, time::sleep};
use workload::Handler;

use crate::{cases::Case, report::median};

const ROUNDS: usize = 5;

/// For a case whose handler waits: the seconds for as many tasks that only sleep, each as often as its share of the
/// commands, one sleep after another.
pub(crate) fn alone(case: &Case) -> Option<f64> {
    let Ok(Handler::Sleep(time)) = case.handler.parse() else { return None };
    let times = case.shape.count.div_ceil(case.at_once);
    let runtime = Runtime::new().expect("a runtime can be built");
    let rounds: Vec<_> =
        (0..ROUNDS).map(|_| runtime.block_on(round(time, case.at_once, times)).as_secs_f64()).collect();
    Some(median(&rounds))
}

async fn round(time: Duration, at_once: u64, times: u64) -> Duration {
    let began = Instant::now();
    let task = || async move {
        for _ in 0..times {
            sleep(time).await;
        }
    };
    let tasks: Vec<_> = (0..at_once).map(|_| tokio::spawn(task())).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    began.elapsed()
}
