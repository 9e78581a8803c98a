//! The workloads with a backlog, as lists of cases.

use workload::{CREATE_ORDER_PLAIN, Handler};

use crate::{arms::Arm, command::Shape};

/// Everything that all arms are measured on, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) label: String,
    pub(crate) shape: Shape,
    pub(crate) handler: &'static str,
    pub(crate) instances: usize,
    /// The number of registered commands.
    pub(crate) registered: u64,
    /// The backlog becomes visible when all instances have their partitions; otherwise it is there before they start.
    /// Start-up takes longer than such a backlog, or some instances would come too late.
    pub(crate) is_gated: bool,
    /// The number of concurrent handlers, where the arm has a limit that is not the number of cores.
    pub(crate) at_once: u64,
    /// The ideal duration, in seconds.
    pub(crate) ideal: Option<f64>,
}

/// The default limit of kafka-service.
const IN_FLIGHT: u64 = 1_000;

impl Case {
    fn new(label: impl Into<String>, shape: Shape) -> Self {
        let registered = shape.handlers;
        let label = label.into();
        let (handler, instances, at_once) = ("none", 1, IN_FLIGHT);
        Self { label, shape, handler, instances, registered, is_gated: false, at_once, ideal: None }
    }

    fn handler(self, handler: &'static str) -> Self {
        Self { handler, is_gated: true, ..self }
    }

    /// Measured from the start of the first handler to the end of the last, and not after the first fifth: the
    /// handlers are slow, and there are few.
    pub(crate) fn is_whole(&self) -> bool {
        self.handler != "none"
    }

    pub(crate) fn handler_ns(&self) -> i64 {
        match self.handler.parse() {
            Ok(Handler::Sleep(time) | Handler::Answer(time) | Handler::Spin(time) | Handler::Block(time)) => {
                time.as_nanos() as i64
            }
            _ => 0,
        }
    }

    /// Whether the case makes sense for this arm.
    pub(crate) fn is_for(&self, arm: &Arm) -> bool {
        let waits = matches!(self.handler.parse(), Ok(Handler::Sleep(_) | Handler::Answer(_)));
        let is_plain = self.registered == 1 && self.shape.poison == 0 && self.shape.kind != CREATE_ORDER_PLAIN;
        let has_limit = self.at_once == IN_FLIGHT || arm.name.starts_with("ours");
        has_limit && (!waits || !arm.is_sequential) && (is_plain || !arm.is_foreign())
    }

    fn with_ideal(self, at_once: u64) -> Self {
        let rounds = (self.shape.count.div_ceil(at_once)).max(self.shape.count.div_ceil(self.shape.keys));
        Self { ideal: Some(rounds as f64 * self.handler_ns() as f64 / 1e9), ..self }
    }
}

/// The arms of a workload, and its cases. `None`: it is not one of these.
pub(crate) fn cases(workload: &str, count: Option<u64>) -> Option<(&'static [&'static str], Vec<Case>)> {
    let count = |default: u64| count.unwrap_or(default);
    let plain = |default| Shape::plain(count(default));
    Some(match workload {
        "throughput" => (THROUGHPUT, vec![Case::new("345 B, 10,000 keys, 8 partitions", plain(1_000_000))]),
        "concurrency" => (WAITING, concurrency(count(10_000))),
        "hotkey" => (LOOPS, hot_key(plain(500_000))),
        "cpu" => (COMPUTING, computing(plain(4_000))),
        "partitions" => (LOOPS, [1, 8, 100, 1_000].map(|number| partitions(plain(500_000), number)).into()),
        "payload" => (LOOPS, PAYLOADS.map(|bytes| payload(count(500_000), bytes)).into()),
        "instances" => (&["raw", "ours"], [1, 2, 4, 8].map(|number| instances(plain(1_000_000), number)).into()),
        "subscriber" => (&["raw", "ours", "ours_info"], vec![Case::new("INFO", plain(1_000_000))]),
        "handlers" => (LOOPS, handlers(&plain(500_000))),
        "errors" => (LOOPS, vec![Case::new("1 % poison", Shape { poison: 100, ..plain(500_000) })]),
        _ => return None,
    })
}

const LOOPS: &[&str] = &["raw", "raw_batch", "ours"];
const COMPUTING: &[&str] = &["raw", "idiom", "ours"];
const WAITING: &[&str] = &["raw", "idiom", "ours", "ruststream", "arroyo_100"];
const THROUGHPUT: &[&str] = &[
    "raw",
    "raw_defaults",
    "raw_batch",
    "idiom",
    "ours",
    "ruststream",
    "ruststream_batch",
    "ruststream_default",
    "arroyo",
    "arroyo_produce",
    "arroyo_100",
];
const PAYLOADS: [usize; 5] = [100, 1_000, 10_000, 100_000, 900_000];

fn concurrency(count: u64) -> Vec<Case> {
    let case = |label: &str, count| {
        let shape = Shape { keys: 1_000, ..Shape::plain(count) };
        Case::new(format!("{label}, 1,000 keys"), shape)
    };
    let waits =
        |label, count, handler, at_once| Case { at_once, ..case(label, count).handler(handler) }.with_ideal(at_once);
    vec![
        case("no wait", count * 10).handler("none"),
        waits("waits 1 ms", count * 10, "sleep:1000", IN_FLIGHT),
        waits("waits 10 ms", count, "sleep:10000", IN_FLIGHT),
        waits("waits 10 ms, 100 at once", count, "sleep:10000", 100),
        waits("waits for an answer after 10 ms", count, "answer:10000", IN_FLIGHT),
        waits("waits for an answer after 10 ms, 100 at once", count, "answer:10000", 100),
    ]
}

fn hot_key(shape: Shape) -> Vec<Case> {
    let hot = Shape { keys: 1, ..shape.clone() };
    let one_partition = Shape { partitions: 1, ..shape.clone() };
    vec![
        Case::new("10,000 keys", shape),
        Case::new("10,000 keys, one partition", one_partition),
        Case::new("one key", hot),
    ]
}

fn computing(shape: Shape) -> Vec<Case> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let plain = Shape { kind: CREATE_ORDER_PLAIN, ..shape.clone() };
    let case = |label: &str, shape: Shape| Case::new(label, shape).handler("spin:1000").with_ideal(cores);
    vec![case("async fn, computes 1 ms", shape), case("plain fn, computes 1 ms", plain)]
}

fn partitions(shape: Shape, number: i32) -> Case {
    Case::new(format!("{number} partitions"), Shape { partitions: number, ..shape })
}

fn payload(count: u64, bytes: usize) -> Case {
    // 1.5 GB, so that disk space and run time stay limited, and a run still takes a second: with a quarter of that, the
    // latency of the last events would dominate.
    let count = count.min(1_500_000_000 / (bytes as u64 + 250));
    Case::new(format!("payload of {bytes} bytes"), Shape { payload: bytes, ..Shape::plain(count) })
}

fn instances(shape: Shape, number: usize) -> Case {
    Case { instances: number, is_gated: true, ..Case::new(format!("{number} instances"), shape) }
}

/// More registered names with the same handler used; and all of them used, which are closures in kafka-service.
/// Closures cost more than functions with the attribute, whatever their number.
fn handlers(shape: &Shape) -> Vec<Case> {
    let one_used = |number| {
        let case = Case::new(format!("{number} registered, one used"), shape.clone());
        Case { registered: number, ..case }
    };
    let all_used =
        |number| Case::new(format!("{number} registered, all used"), Shape { handlers: number, ..shape.clone() });
    let used = [10, 1_000].map(all_used);
    [1, 10, 100, 1_000].map(one_used).into_iter().chain(used).collect()
}
