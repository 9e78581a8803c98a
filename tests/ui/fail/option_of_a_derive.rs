// The command's type says what answers it.
use kafka_service::command;

#[command("create_order", reply = OrderCreated)]
async fn create_order() {}

fn main() {}
