// Error types that do not implement `std::error::Error`, but convert into a boxed one.

use std::error::Error;

use kafka_service::{HandlerError, command};

struct Anyhow(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for Anyhow {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<Anyhow> for Box<dyn Error + Send + Sync> {
    fn from(error: Anyhow) -> Self {
        error.0
    }
}

fn parse(text: &str) -> Result<u8, Anyhow> {
    Ok(text.parse()?)
}

#[command("returned")]
async fn returned(text: String) -> Result<(), Anyhow> {
    parse(&text)?;
    Ok(())
}

#[command("converted")]
async fn converted(text: String) -> Result<(), HandlerError> {
    parse(&text)?;
    Err("a string is an error, too")?;
    Ok(())
}

#[command("boxed")]
async fn boxed(text: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    parse(&text)?;
    Ok(())
}

#[command("text")]
async fn text() -> Result<(), String> {
    Err("no".to_owned())
}

fn main() {}
