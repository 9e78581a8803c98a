//! One attempt to fetch a token, whatever the provider does.

use std::{any::Any, error::Error, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;

use super::{SharedProvider, Token};
use crate::clock::Clock;

/// How long a provider may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// Longer causes are truncated.
const LONGEST_CAUSE: usize = 500;

/// Calls the provider. The error says what it did instead of returning a usable token.
pub(super) async fn fetch(provider: &SharedProvider, clock: &dyn Clock) -> Result<Token, String> {
    let name = provider.name;
    // In a block of its own, because the call itself can panic too. What a panic left behind is the provider's concern:
    // it is called again.
    let token = AssertUnwindSafe(async { provider.token().await }).catch_unwind();
    let token = tokio::select! {
        biased;
        token = token => token,
        () = clock.sleep(DEADLINE) => {
            return Err(format!("`{name}` did not return a token within {} s", DEADLINE.as_secs()));
        }
    };
    let token = match token {
        Ok(Ok(token)) => token,
        Ok(Err(error)) => return Err(format!("`{name}` failed: {}", with_sources(error.as_ref()))),
        Err(panic) => return Err(format!("`{name}` panicked: {}", harmless(message_of(panic.as_ref())))),
    };
    match token.flaw(clock.system_time()) {
        None => Ok(token),
        Some(flaw) => Err(format!("`{name}` returned an invalid token: {flaw}")),
    }
}

/// The messages of an error and of its sources, in one line. A source whose message the error repeats is left out.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        source = error.source();
    }
    harmless(&text)
}

/// Without control characters, and truncated.
fn harmless(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(LONGEST_CAUSE)];
    let mut shown: String = cut.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if cut.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
