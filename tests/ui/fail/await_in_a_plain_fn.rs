// A plain `fn` is a handler for blocking work; an `.await` in it is the compiler's business.
use kafka_service::command;

async fn wait() {}

#[command("create_order")]
fn create_order() {
    wait().await
}

fn main() {}
