//! The handlers of this program, named by what they do; the tests select them by their command names.

use std::{
    io, thread,
    time::{Duration, UNIX_EPOCH},
};

use kafka_service::{CorrelationId, Event, HandlerError, Meta, Publisher, State, command};
// Registered by linking alone: nothing else names that crate.
use kafka_service_linked_handlers as _;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::board::{Board, Call};

#[derive(Deserialize)]
pub(crate) struct Text {
    pub(crate) text: String,
}

#[derive(Deserialize)]
pub(crate) struct Number {
    number: u32,
}

#[derive(Deserialize)]
pub(crate) struct Millis {
    ms: u64,
}

#[derive(Serialize, Event)]
#[event("test.echoed")]
pub(crate) struct Echoed {
    pub(crate) text: String,
}

#[derive(Serialize, Event)]
#[event("test.keyed", key = text)]
pub(crate) struct Keyed {
    text: String,
}

#[derive(Serialize, Event)]
#[event("test.counted", key = number)]
pub(crate) struct Counted {
    number: u32,
}

#[derive(Serialize, Event)]
pub(crate) enum Choice {
    #[event("test.even", key = number)]
    Even { number: u32 },
    #[event("test.odd")]
    Odd(Echoed),
    #[event("test.zero")]
    Zero,
}

#[derive(Serialize, Event)]
#[event("test.seen")]
pub(crate) struct Seen {
    topic: String,
    partition: i32,
    offset: i64,
    key: Option<String>,
    timestamp: Option<u128>,
    attempt: u32,
    source: Option<String>,
    message_id: Option<String>,
    correlation_id: String,
}

/// A state: the same value in every call.
#[derive(Clone, Debug)]
pub(crate) struct Prefix(pub(crate) &'static str);

#[command("echo")]
async fn echo(_call: Call, Text { text }: Text) -> Echoed {
    Echoed { text }
}

#[command("keyed")]
async fn keyed(Text { text }: Text) -> Keyed {
    Keyed { text }
}

#[command("nothing")]
async fn nothing(_call: Call, _: IgnoredAny) {}

#[command("maybe")]
async fn maybe(Number { number }: Number) -> Option<Counted> {
    (number > 0).then_some(Counted { number })
}

#[command("many")]
async fn many(Number { number }: Number) -> Vec<Counted> {
    (0..number).map(|number| Counted { number }).collect()
}

#[command("pair")]
async fn pair(Text { text }: Text) -> (Echoed, Option<Keyed>, Vec<Counted>) {
    (Echoed { text: text.clone() }, Some(Keyed { text }), vec![Counted { number: 7 }])
}

#[command("choose")]
async fn choose(Number { number }: Number) -> Choice {
    match number {
        0 => Choice::Zero,
        odd if odd % 2 == 1 => Choice::Odd(Echoed { text: odd.to_string() }),
        number => Choice::Even { number },
    }
}

#[command("parse")]
async fn parse(Text { text }: Text) -> Result<Option<Counted>, std::num::ParseIntError> {
    let number = text.parse()?;
    Ok(Some(Counted { number }))
}

#[command("who_am_i")]
async fn who_am_i(meta: Meta, CorrelationId(correlation_id): CorrelationId, _: IgnoredAny) -> Seen {
    Seen {
        topic: meta.topic().to_owned(),
        partition: meta.partition(),
        offset: meta.offset(),
        key: meta.key().map(|key| String::from_utf8_lossy(key).into_owned()),
        timestamp: meta.timestamp().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_millis()),
        attempt: meta.attempt(),
        source: meta.source().map(str::to_owned),
        message_id: meta.message_id().map(str::to_owned),
        correlation_id,
    }
}

#[command("prefix")]
async fn prefix(State(Prefix(prefix)): State<Prefix>, Text { text }: Text) -> Echoed {
    Echoed { text: format!("{prefix}{text}") }
}

#[command("publish_two")]
async fn publish_two(_call: Call, publisher: Publisher, Text { text }: Text) -> Result<Echoed, HandlerError> {
    publisher.publish(&Keyed { text: text.clone() }).await?;
    publisher.publish_event("test.untyped", serde_json::json!({ "text": text })).await?;
    Ok(Echoed { text })
}

/// Runs on a blocking thread.
#[command("block")]
fn block(call: Call, Millis { ms }: Millis) -> Echoed {
    thread::sleep(Duration::from_millis(ms));
    drop(call);
    Echoed { text: thread::current().name().unwrap_or_default().to_owned() }
}

#[command("sleep")]
async fn sleep(_call: Call, Millis { ms }: Millis) -> Echoed {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Echoed { text: "awake".to_owned() }
}

/// Ends when the test opens the gate.
#[command("wait_at_gate")]
async fn wait_at_gate(call: Call, _: IgnoredAny) -> Echoed {
    call.board.gate().await;
    Echoed { text: "through".to_owned() }
}

/// Ends only together with other calls.
#[command("meet")]
async fn meet(call: Call, _: IgnoredAny) -> Echoed {
    call.board.meet().await;
    Echoed { text: "met".to_owned() }
}

#[command("never_end")]
async fn never_end(_call: Call, _: IgnoredAny) {
    std::future::pending::<()>().await;
}

#[command("fail")]
async fn fail(_call: Call, _: IgnoredAny) -> Result<(), io::Error> {
    Err(io::Error::other("no luck"))
}

#[command("fail_times")]
async fn fail_times(_call: Call, meta: Meta, Number { number }: Number) -> Result<Counted, io::Error> {
    // Half of the failures happen at the first poll, half later.
    if number % 2 == 0 {
        tokio::task::yield_now().await;
    }
    if meta.attempt() <= number { Err(io::Error::other("not yet")) } else { Ok(Counted { number: meta.attempt() }) }
}

/// Fails until the gate is open.
#[command("fail_until_open")]
async fn fail_until_open(call: Call, _: IgnoredAny) -> Result<Echoed, &'static str> {
    if call.board.is_open() { Ok(Echoed { text: "open".to_owned() }) } else { Err("closed") }
}

#[command("ask_for_a_pause")]
async fn ask_for_a_pause(_call: Call, meta: Meta, Millis { ms }: Millis) -> Result<Echoed, HandlerError> {
    if meta.attempt() == 1 {
        return Err(HandlerError::retry_after(Duration::from_millis(ms)));
    }
    Ok(Echoed { text: "rested".to_owned() })
}

#[command("refuse")]
async fn refuse(_call: Call, _: IgnoredAny) -> Result<Echoed, HandlerError> {
    Err(HandlerError::permanent("never"))
}

#[command("panic")]
#[expect(clippy::panic, reason = "the panic is under test")]
async fn panic(_call: Call, Text { text }: Text) {
    if text == "late" {
        tokio::task::yield_now().await;
    }
    panic!("{text} panic");
}

#[command("panic_in_a_plain_fn")]
#[expect(clippy::panic, reason = "the panic is under test")]
fn panic_in_a_plain_fn(_call: Call, _: IgnoredAny) {
    panic!("blocking panic");
}

/// Returns an event with a payload of this many bytes, between two small ones.
#[command("grow")]
async fn grow(Number { number }: Number) -> (Keyed, Echoed, Keyed) {
    let text = "x".repeat(usize::try_from(number).unwrap_or(0));
    (Keyed { text: "before".to_owned() }, Echoed { text }, Keyed { text: "after".to_owned() })
}

/// Needs only the board, so that the board is the only state that every test must provide.
#[command("count_on_board")]
async fn count_on_board(State(board): State<Board>, _: IgnoredAny) -> Counted {
    Counted { number: u32::try_from(board.begun().len()).unwrap_or(u32::MAX) }
}
