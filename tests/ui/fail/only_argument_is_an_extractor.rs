// The last argument is the payload, also if it is the only one.
use kafka_service::{Meta, command};

#[command("ping")]
async fn ping(meta: Meta) {
    drop(meta);
}

fn main() {}
