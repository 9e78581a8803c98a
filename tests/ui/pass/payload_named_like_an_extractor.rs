// The name of a type does not make it an extractor.
use kafka_service::{Meta, command};

#[derive(serde::Deserialize)]
struct Headers {
    title: String,
}

#[command("print")]
async fn print(meta: Meta, headers: Headers) {
    drop((meta, headers.title));
}

fn main() {}
