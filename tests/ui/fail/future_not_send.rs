// Handlers run on several threads: values held across an `.await` must be `Send`.
use kafka_service::command;

use std::rc::Rc;

async fn wait() {}

#[command("create_order")]
async fn create_order() {
    let order = Rc::new(1);
    wait().await;
    drop(order);
}

fn main() {}
