// The pattern is that of an extractor, but the type is not an extractor.
use kafka_service::{State, command};

#[derive(Clone)]
struct Db;

#[command("create_order")]
async fn create_order(State(db): Db, order: String) {
    drop((db, order));
}

fn main() {}
