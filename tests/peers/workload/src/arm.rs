//! How an arm learns what to do, and how it tells the runner how far it is.

use std::{
    env,
    fmt::Debug,
    hint,
    io::{self, Write},
    str::FromStr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::time::{ClockId, clock_gettime};

use crate::answer::answer_after;

/// What a handler does besides making an event of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Nothing.
    None,
    /// Waits without holding a thread, where the arm can.
    Sleep(Duration),
    /// The same, not by a timer of tokio's but for an answer that comes exactly then.
    Answer(Duration),
    /// Computes.
    Spin(Duration),
    /// Waits and holds its thread: the mistake of an asynchronous handler, the right thing in a synchronous one.
    Block(Duration),
}

/// What the runner passed in the environment, and the count of what was handled.
#[derive(Debug)]
pub struct Arm {
    /// `BOOTSTRAP`: the brokers.
    pub bootstrap: String,
    /// `GROUP`: the consumer group.
    pub group: String,
    /// `COMMANDS`: the topic to consume.
    pub commands: String,
    /// `EVENTS`: the topic to publish to.
    pub events: String,
    /// `DLQ`: where a command goes that cannot be decoded.
    pub dead_letters: String,
    /// `COUNT`: how many commands this process is to expect in its life.
    pub count: u64,
    /// `HANDLER`: `none`, or `sleep`, `answer`, `spin` or `block` with a colon and microseconds.
    pub handler: Handler,
    /// `HANDLERS`: 1, or how many commands are registered beside the one, see [`command_name`](crate::command_name).
    pub handlers: u64,
    /// `IN_FLIGHT`: how many handlers run at once, where the arm has a limit.
    pub in_flight: usize,
    /// `LINGER_MS`: the producer's linger.
    pub linger_ms: String,
    /// `SOURCE`: the source of the events.
    pub source: String,
    is_ready: AtomicBool,
    handled: AtomicU64,
}

impl Arm {
    /// Reads the environment.
    ///
    /// # Panics
    /// Panics when the runner passed something that is none.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            bootstrap: text("BOOTSTRAP", "127.0.0.1:9092"),
            group: text("GROUP", "peers"),
            commands: text("COMMANDS", "commands"),
            events: text("EVENTS", "events"),
            dead_letters: text("DLQ", "dead-letters"),
            count: number("COUNT", 0),
            handler: text("HANDLER", "none").parse().expect("HANDLER"),
            handlers: number("HANDLERS", 1),
            in_flight: number("IN_FLIGHT", 1_000),
            linger_ms: text("LINGER_MS", "5"),
            source: text("SOURCE", "order-service"),
            is_ready: AtomicBool::new(false),
            handled: AtomicU64::new(0),
        }
    }

    /// The handler's work in an asynchronous arm.
    pub async fn work(&self) {
        match self.handler {
            Handler::Sleep(time) => tokio::time::sleep(time).await,
            Handler::Answer(time) => answer_after(time).await,
            _ => self.work_blocking(),
        }
    }

    /// The handler's work on a thread that may be held.
    pub fn work_blocking(&self) {
        match self.handler {
            Handler::None => {}
            Handler::Sleep(time) | Handler::Answer(time) | Handler::Block(time) => thread::sleep(time),
            Handler::Spin(time) => {
                let start = Instant::now();
                while start.elapsed() < time {
                    hint::spin_loop();
                }
            }
        }
    }

    /// To be called once at the end of each handler. The key is the record's; the runner checks the order per key in the
    /// events, so nothing is done with it here.
    #[inline]
    pub fn handled(&self, _key: &[u8]) {
        let handled = self.handled.fetch_add(1, Ordering::Relaxed) + 1;
        if handled == 1 || handled == self.count / 5 || handled == self.count {
            mark(handled);
        }
    }

    /// To be called when partitions are assigned; says so the first time.
    pub fn ready(&self) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            say(&format!("READY {} {}", now(ClockId::CLOCK_MONOTONIC), now(ClockId::CLOCK_PROCESS_CPUTIME_ID)));
        }
    }
}

#[cold]
fn mark(handled: u64) {
    // The time first: writing costs some.
    let (wall, cpu) = (now(ClockId::CLOCK_MONOTONIC), now(ClockId::CLOCK_PROCESS_CPUTIME_ID));
    say(&format!("MARK {handled} {wall} {cpu}"));
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    // A runner that is gone is no reason to stop in the middle of something.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn now(clock: ClockId) -> i64 {
    let now = clock_gettime(clock).expect("this clock always exists");
    now.tv_sec() * 1_000_000_000 + now.tv_nsec()
}

fn text(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn number<T: FromStr<Err: Debug>>(name: &str, default: T) -> T {
    env::var(name).map_or(default, |value| value.parse().expect(name))
}

impl FromStr for Handler {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, time) = text.split_once(':').unwrap_or((text, "0"));
        let time = Duration::from_micros(time.parse().map_err(|error| format!("{text}: {error}"))?);
        match kind {
            "none" => Ok(Self::None),
            "sleep" => Ok(Self::Sleep(time)),
            "answer" => Ok(Self::Answer(time)),
            "spin" => Ok(Self::Spin(time)),
            "block" => Ok(Self::Block(time)),
            _ => Err(format!("{text}: no such handler")),
        }
    }
}
