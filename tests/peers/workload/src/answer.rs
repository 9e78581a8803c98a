//! An answer after a fixed time, like one from another server: exactly on time, and from another thread. Tokio's own
//! timers have a resolution of a millisecond, and fire one or two later.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    task::{Poll, Waker},
    thread,
    time::{Duration, Instant},
};

/// The waiting tasks, oldest first, which is the order of the answers: all of a process wait equally long.
static WAITING: Mutex<VecDeque<Arc<Request>>> = Mutex::new(VecDeque::new());
static SERVER: Once = Once::new();

struct Request {
    due: Instant,
    /// The waker of the last poll: a task may move.
    waker: Mutex<Waker>,
}

/// Waits this long. It must be the same time in all calls of a process.
pub(crate) async fn answer_after(time: Duration) {
    SERVER.call_once(|| {
        thread::Builder::new().name("answers".to_owned()).spawn(move || serve(time)).expect("a thread starts");
    });
    let mut request: Option<Arc<Request>> = None;
    poll_fn(|context| {
        let Some(request) = &request else {
            // Under the lock, so that the order is that of the answers.
            let mut waiting = lock(&WAITING);
            let (due, waker) = (Instant::now() + time, Mutex::new(context.waker().clone()));
            waiting.push_back(Arc::clone(request.insert(Arc::new(Request { due, waker }))));
            return Poll::Pending;
        };
        lock(&request.waker).clone_from(context.waker());
        if request.due <= Instant::now() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(time: Duration) {
    loop {
        let next = lock(&WAITING).front().map(|request| request.due);
        // With an empty queue, the next task waits at least this long.
        let until = next.unwrap_or_else(|| Instant::now() + time);
        thread::sleep(until.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        let due: Vec<_> = {
            let mut waiting = lock(&WAITING);
            let count = waiting.partition_point(|request| request.due <= now);
            waiting.drain(..count).collect()
        };
        due.iter().for_each(|request| lock(&request.waker).wake_by_ref());
    }
}
