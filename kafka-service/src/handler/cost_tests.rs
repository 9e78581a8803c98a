//! Measures what a call costs compared with a hand-written `match` that does the same decoding and encoding. Not a
//! test: `tests/scale/measure` runs it in release mode.

use std::{
    fmt::Write as _,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context as TaskContext, Poll, Waker},
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{Context, Event as _, States, testing::with_message};
use crate::registry::{self, Handler, Kind};

/// The maximum cost of a call, as a multiple of the `match`.
const BAR: f64 = 1.5;
const ROUNDS: u32 = 40;
const CALLS: u32 = 20_000;

macro_rules! handlers {
    ($($module:ident $name:literal)*) => {
        $(mod $module {
            use super::*;

            #[derive(Deserialize)]
            pub(super) struct Change { id: u64, name: String, tags: Vec<String>, note: Option<String> }

            #[derive(Serialize, kafka_service_macros::Event)]
            #[event($name, key = id, crate = crate)]
            pub(super) struct Changed { id: u64, name: String, count: usize }

            #[kafka_service_macros::command($name, crate = crate)]
            pub(super) async fn change(change: Change) -> Result<Changed, std::io::Error> {
                if change.note.is_some_and(|note| note.len() > 1000) {
                    return Err(std::io::Error::other("the note is too long"));
                }
                Ok(Changed { id: change.id, name: change.name, count: change.tags.len() })
            }
        })*

        const NAMES: &[&str] = &[$($name),*];

        /// The loop that you would write by hand: decode, call, encode the key and the payload.
        async fn by_hand(kind: &str, payload: &str, out: &mut Vec<u8>, key: &mut String) -> Result<(), super::HandlerError> {
            match kind {
                $($name => {
                    let event = $module::change(serde_json::from_str(payload)?).await?;
                    write!(key, "{}", event.key().unwrap())?;
                    serde_json::to_writer(out, &event)?;
                })*
                _ => return Err("unknown".into()),
            }
            Ok(())
        }
    };
}

handlers! {
    cost_a "cost.a" cost_b "cost.b" cost_c "cost.c" cost_d "cost.d" cost_e "cost.e" cost_f "cost.f" cost_g "cost.g"
    cost_h "cost.h"
}

const PAYLOAD: &str = r#"{"id":4711,"name":"Ada Lovelace","tags":["first","second","third"],"note":"nothing to add"}"#;

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("these handlers wait for nothing"),
    }
}

/// The time of one call in the fastest of many rounds: other load on the machine can only make a round slower.
fn nanos(mut call: impl FnMut(&'static str)) -> f64 {
    let round = |_| {
        let start = Instant::now();
        for number in 0..CALLS {
            call(black_box(NAMES[number as usize % NAMES.len()]));
        }
        start.elapsed()
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or(Duration::ZERO);
    best.as_secs_f64() * 1e9 / f64::from(CALLS)
}

#[test]
#[ignore = "measures time, in release mode and on a quiet machine"]
fn a_call_costs_little_more_than_a_handwritten_match() {
    let table: FxHashMap<_, _> = registry::linked()
        .filter(|handler| handler.kind == Kind::Command)
        .map(|handler: &'static Handler| (handler.name, handler))
        .collect();
    let call = |context: &Context<'_>| {
        nanos(|name| {
            let future = (table[name].invoke)(context).unwrap();
            let events = ready(future).unwrap();
            for event in events.iter() {
                black_box((event.event_type, event.key, event.payload));
            }
        })
    };
    let ours = with_message(PAYLOAD, &States::default(), call);
    let (mut out, mut key) = (Vec::with_capacity(256), String::with_capacity(64));
    let by_hand = nanos(|name| {
        out.clear();
        key.clear();
        ready(by_hand(name, black_box(PAYLOAD), &mut out, &mut key)).unwrap();
        black_box((&out, &key));
    });
    let decoding = nanos(|_| drop(black_box(serde_json::from_str::<cost_a::Change>(black_box(PAYLOAD)))));
    let ratio = ours / by_hand;
    println!(
        "handler {ours:.0} ns, match by hand {by_hand:.0} ns, of which decoding {decoding:.0} ns; ratio {ratio:.2}"
    );
    assert!(ratio <= BAR, "at most {BAR} times");
}
