// An extractor is made for each call, so nobody else has it.
use kafka_service::{Publisher, command};

#[command("create_order")]
async fn create_order(publisher: &Publisher, order: String) {
    drop((publisher, order));
}

fn main() {}
