// A field has no class.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("the name is taken")]
    NameTaken(#[permanent] String),
}

fn main() {}
