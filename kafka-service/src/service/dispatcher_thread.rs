//! The thread of the dispatcher.

use std::{hint::black_box, panic::AssertUnwindSafe, sync::Arc, thread};

use futures_util::{
    FutureExt as _,
    future::{Either, select},
};
use tokio::{
    runtime::Handle as Runtime,
    sync::oneshot,
    task::{AbortHandle, unconstrained},
};

use crate::{
    engine::{Dispatcher, Shared},
    message::Record,
};

/// The running thread.
pub(super) struct DispatcherThread {
    stop: AbortHandle,
    ended: oneshot::Receiver<()>,
}

impl DispatcherThread {
    /// Runs a dispatcher inside the runtime, but on a thread of its own: its memory stays near one core, and a handler that
    /// blocks holds none of the runtime's threads.
    pub(super) fn spawn<R: Record>(
        runtime: &Runtime,
        shared: Arc<Shared>,
        dispatcher: Dispatcher<R>,
    ) -> std::io::Result<Self> {
        let (guard, stopped) = oneshot::channel::<()>();
        // Goes when it is aborted or when the runtime goes, whose timers must not be used any more then.
        let stop = runtime.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        let (end, ended) = oneshot::channel();
        let runtime = runtime.clone();
        thread::Builder::new().name("kafka-dispatcher".to_owned()).spawn(move || {
            reserve_memory();
            // Outside tokio's cooperative budget: with it, every handler beyond the 128th operation of a batch would look
            // pending.
            let run = unconstrained(AssertUnwindSafe(dispatcher.run()).catch_unwind());
            if let Either::Right((Err(_), _)) = runtime.block_on(select(stopped, Box::pin(run))) {
                shared.fatal.report("the dispatcher panicked; this is a bug in kafka-service".to_owned());
            }
            // The receiver may be gone.
            _ = end.send(());
        })?;
        Ok(Self { stop: stop.abort_handle(), ended })
    }

    /// Completes when it has nothing more to do.
    pub(super) async fn ended(&mut self) {
        // A sender that is gone has ended too.
        _ = (&mut self.ended).await;
    }

    /// Drops whatever still runs.
    pub(super) fn abort(&self) {
        self.stop.abort();
    }
}

/// Lets a burst of commands find memory that is mapped already, without touching it.
///
/// Glibc grows a thread's heap page by page, with a system call for each that other threads wait for, and shrinks it as soon
/// as 128 KB at its end are free; for 10,000 commands that came at once, that was an eighth of the process's CPU time. What
/// is larger than a limit it maps by itself, and when that is freed, the limit rises to its size, and to twice as much what a
/// heap keeps (mallopt(3), `M_MMAP_THRESHOLD`). So the second piece comes from the heap and stays there. Other allocators do
/// not mind.
fn reserve_memory() {
    const LARGEST: usize = 8 << 20;
    for size in [LARGEST, LARGEST / 2] {
        drop(black_box(Vec::<u8>::with_capacity(size)));
    }
}
