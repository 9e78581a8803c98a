// A plain `fn` runs blocking code; the compiler rejects an `.await` in it.
use kafka_service::command;

async fn wait() {}

#[command("create_order")]
fn create_order() {
    wait().await
}

fn main() {}
