// A handler must return events.
use kafka_service::command;

#[derive(serde::Serialize)]
struct Order;

#[command("create_order")]
async fn create_order() -> Result<Order, std::io::Error> {
    Ok(Order)
}

fn main() {}
