// An extractor is created for each call and passed by value.
use kafka_service::{Publisher, command};

#[command("create_order")]
async fn create_order(publisher: &Publisher, order: String) {
    drop((publisher, order));
}

fn main() {}
