// The attribute must be in scope.
#[command("create_order")]
async fn create_order() {}

fn main() {}
