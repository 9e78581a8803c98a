// The payload must own its data.
use kafka_service::command;

use std::borrow::Cow;

#[command("create_order")]
async fn create_order(order: Cow<'_, str>) {
    drop(order);
}

fn main() {}
