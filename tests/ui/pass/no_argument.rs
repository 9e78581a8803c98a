// Without an argument the payload is ignored.

use kafka_service::command;

#[command("ping")]
async fn ping() {}

fn main() {}
