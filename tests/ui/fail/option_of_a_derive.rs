// The reply is declared on the command type.
use kafka_service::command;

#[command("create_order", reply = OrderCreated)]
async fn create_order() {}

fn main() {}
