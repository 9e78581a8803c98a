// Handlers in two modules may have the same name; their commands may not.

mod orders {
    use kafka_service::command;

    #[command("create_order")]
    pub(crate) async fn create() {}
}

mod users {
    use kafka_service::command;

    #[command("create_user")]
    pub(crate) async fn create() {}
}

fn main() {}
