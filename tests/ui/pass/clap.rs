// clap's helper attribute is called `command` too.

use clap::{Args, Parser, Subcommand};
use kafka_service::{Command, command};

#[derive(Parser)]
#[command(version, about = "A service")]
struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    more: More,
}

#[derive(Subcommand)]
enum Action {
    #[command(name = "run")]
    Run,
}

#[derive(Args)]
#[command(next_help_heading = "More")]
struct More {
    #[arg(long)]
    verbose: bool,
}

#[derive(serde::Deserialize, Command)]
#[command("create_user")]
struct CreateUser {
    name: String,
}

#[command]
async fn create_user(user: CreateUser) {
    drop(user.name);
}

fn main() {
    let arguments = Arguments::parse_from(["service", "run"]);
    assert!(matches!(arguments.action, Some(Action::Run)) && !arguments.more.verbose);
}
