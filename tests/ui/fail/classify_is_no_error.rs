// The type does not implement `std::error::Error`.
use kafka_service::Classify;

#[derive(Debug, Classify)]
enum UserError {
    #[permanent]
    NameTaken,
}

fn main() {}
