//! The same loop with librdkafka's defaults for fetching.

fn main() {
    arms::poll_loop(false);
}
