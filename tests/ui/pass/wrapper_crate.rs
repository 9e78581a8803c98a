// A wrapper crate re-exports the macros to services that do not depend on `kafka-service` themselves.

mod platform {
    pub mod messaging {
        pub use kafka_service::*;
    }
}
use platform::messaging::{Command, Event, command, event};

macro_rules! handler {
    ($name:literal, $function:ident, $payload:ty) => {
        #[command($name, crate = crate::platform::messaging)]
        async fn $function(_: $payload) {}
    };
}

handler!("first", first, u8);
handler!("second", second, Vec<u8>);

#[derive(serde::Serialize, serde::Deserialize, Event)]
#[event("pinged", crate = platform::messaging)]
struct Pinged;

#[derive(serde::Deserialize, Command)]
#[command("ping", reply = Pinged, crate = platform::messaging)]
struct Ping;

#[command(crate = platform::messaging)]
async fn ping(_: Ping) -> Pinged {
    Pinged
}

#[event(crate = platform::messaging)]
fn pinged(_: Pinged) {}

fn main() {}
