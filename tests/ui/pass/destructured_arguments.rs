// Arguments may be patterns.

use kafka_service::{CorrelationId, State, command};
use serde::Deserialize;

#[derive(Deserialize)]
struct CreateOrder {
    customer: String,
    items: (u8, u8),
}

#[command("create_order")]
async fn create_order(
    State((first, _)): State<(u8, u8)>,
    CorrelationId(ref id): CorrelationId,
    CreateOrder { customer, items: (one, mut two) }: CreateOrder,
) {
    two += first + one;
    drop((id, customer, two));
}

fn main() {}
