// Handlers run on several threads: their arguments must be `Send`.
use kafka_service::command;

use std::cell::Cell;
use std::rc::Rc;

#[derive(serde::Deserialize)]
#[serde(from = "u8")]
struct CreateOrder(Rc<Cell<u8>>);

impl From<u8> for CreateOrder {
    fn from(order: u8) -> Self {
        Self(Rc::new(Cell::new(order)))
    }
}

#[command("create_order")]
async fn create_order(order: CreateOrder) {
    drop(order.0);
}

fn main() {}
