// The function takes the error of another handler.
use kafka_service::command;

#[derive(Debug)]
struct OrderError;

impl OrderError {
    fn is_final(&self) -> bool {
        true
    }

    fn is_late(&self, _: u8) -> bool {
        self.is_final()
    }
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for OrderError {}

fn is_final(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

#[command("create_order", permanent = is_final)]
async fn create_order() -> Result<(), OrderError> {
    Err(OrderError)
}

fn main() {
    let _ = (OrderError::is_late(&OrderError, 1), is_final(&std::io::Error::last_os_error()));
}
