// One error has one class.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("the name is taken")]
    #[permanent]
    #[retry_after("1m")]
    NameTaken,
}

fn main() {}
