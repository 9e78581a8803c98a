// Handlers have an attribute, not a derive.
use kafka_service::Command;

#[derive(Command)]
async fn create_user() {}

fn main() {}
