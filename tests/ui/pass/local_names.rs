// User items may have the names of standard library items or of names in generated code.

use kafka_service::{Event, command};

mod core {}
mod std {}
mod serde_json {}
mod inventory {}
#[allow(non_camel_case_types)]
mod types {
    pub struct Result;
    pub struct Option;
    pub struct Box;
    pub struct String;
    pub struct Handler;
    pub struct Context;
    pub struct Invocation;
    pub struct Display;
    pub trait Undescribed {}
    pub trait Serialize {}
}
use types::*;
#[allow(non_upper_case_globals, dead_code)]
mod constants {
    pub const context: u8 = 1;
    pub const payload: u8 = 1;
    pub const returned: u8 = 1;
    pub const key: u8 = 1;
    pub const description: u8 = 1;
}
#[allow(unused_imports)]
use constants::*;

#[allow(non_snake_case, dead_code)]
fn Ok() {}
#[allow(non_snake_case, dead_code)]
fn Some() {}
#[allow(non_snake_case, dead_code)]
fn Err() {}

#[derive(::serde::Deserialize)]
struct Ping {
    id: u32,
}

#[derive(::serde::Serialize, Event)]
#[event("pinged", key = id)]
struct Pinged {
    id: u32,
}

#[derive(::serde::Serialize, Event)]
enum Answer {
    #[event("answered", key = id)]
    Yes { id: u32 },
    #[event("refused")]
    No,
}

#[command("ping")]
async fn command(ping: Ping) -> (Pinged, Answer, Answer) {
    (Pinged { id: ping.id }, Answer::Yes { id: ping.id }, Answer::No)
}

#[allow(dead_code)]
fn used(_: (Result, Option, Box, String, Handler, Context, Invocation, Display)) {}

fn main() {}
