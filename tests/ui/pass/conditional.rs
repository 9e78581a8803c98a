// A handler that is not compiled leaves no generated code behind.

use kafka_service::command;

#[cfg(any())]
#[command("above")]
async fn above(_: DoesNotExist) {}

#[command("below")]
#[cfg(any())]
async fn below(_: DoesNotExist) {}

#[command("with_attr")]
#[cfg_attr(all(), cfg(any()), allow(dead_code))]
async fn with_attr(_: DoesNotExist) {}

#[command("present")]
#[cfg(all())]
#[cfg_attr(all(), allow(dead_code), inline)]
async fn present() {}

fn main() {}
