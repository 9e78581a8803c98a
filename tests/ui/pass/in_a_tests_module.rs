// Unit tests may call handlers and define their own.

use kafka_service::{State, command};

#[command("double")]
async fn double(State(factor): State<u8>, number: u8) -> Result<(), std::num::TryFromIntError> {
    u8::try_from(u16::from(factor) * u16::from(number)).map(drop)
}

mod tests {
    use super::*;

    #[command("in_tests")]
    async fn in_tests(_: u8) {}

    pub(super) async fn it_fails() {
        in_tests(1).await;
        assert!(double(State(100), 100).await.is_err());
    }
}

fn main() {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(tests::it_fails());
}
