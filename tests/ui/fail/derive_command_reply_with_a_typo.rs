// The compiler reports an unknown type, once.
use kafka_service::Command;

#[derive(Command)]
#[command("create_order", reply = OrderCreatd)]
struct CreateOrder;

fn main() {}
