//! How an arm receives its task, and how it reports its progress to the runner.

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
    /// Waits without blocking a thread, where the arm can.
    Sleep(Duration),
    /// The same, not by a timer of tokio's but for an answer that arrives exactly on time.
    Answer(Duration),
    /// Uses the CPU.
    Spin(Duration),
    /// Waits and blocks its thread: a mistake in an asynchronous handler, correct in a synchronous one.
    Block(Duration),
}

/// The settings from the environment, and the count of handled commands.
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
    /// `DLQ`: the dead-letter topic for commands that cannot be decoded.
    pub dead_letters: String,
    /// `COUNT`: how many commands this process will receive in its life.
    pub count: u64,
    /// `HANDLER`: `none`, or `sleep`, `answer`, `spin` or `block` with a colon and microseconds.
    pub handler: Handler,
    /// `HANDLERS`: 1, or the total number of registered commands, see [`command_name`](crate::command_name).
    pub handlers: u64,
    /// `IN_FLIGHT`: the number of concurrent handlers, where the arm has a limit.
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
    /// Panics when the runner passed an invalid value.
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

    /// The handler's work on a thread that may be blocked.
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

    /// Call it once at the end of each handler. The key is the record's; the runner checks the order per key in the
    /// events, so it is not used here.
    #[inline]
    pub fn handled(&self, _key: &[u8]) {
        let handled = self.handled.fetch_add(1, Ordering::Relaxed) + 1;
        if handled == 1 || handled == self.count / 5 || handled == self.count {
            mark(handled);
        }
    }

    /// Call it when partitions are assigned; it reports the first time.
    pub fn ready(&self) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            say(&format!("READY {} {}", now(ClockId::CLOCK_MONOTONIC), now(ClockId::CLOCK_PROCESS_CPUTIME_ID)));
        }
    }
}

#[cold]
fn mark(handled: u64) {
    // Take the time first: writing costs some.
    let (wall, cpu) = (now(ClockId::CLOCK_MONOTONIC), now(ClockId::CLOCK_PROCESS_CPUTIME_ID));
    say(&format!("MARK {handled} {wall} {cpu}"));
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    // A runner that is gone is not a reason to stop.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn now(clock: ClockId) -> i64 {
    let now = clock_gettime(clock).expect("the clock exists");
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
            _ => Err(format!("unknown handler {text}")),
        }
    }
}
