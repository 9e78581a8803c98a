// A type that does not exist is the compiler's to name, once.
use kafka_service::Command;

#[derive(Command)]
#[command("create_order", reply = OrderCreatd)]
struct CreateOrder;

fn main() {}
