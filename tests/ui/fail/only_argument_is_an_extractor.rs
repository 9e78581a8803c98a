// The last argument is the payload, even if it is the only one.
use kafka_service::{Meta, command};

#[command("ping")]
async fn ping(meta: Meta) {
    drop(meta);
}

fn main() {}
