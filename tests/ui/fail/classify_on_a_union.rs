// A union is not an error.
use kafka_service::Classify;

#[derive(Classify)]
#[permanent]
union UserError {
    code: u32,
}

fn main() {}
