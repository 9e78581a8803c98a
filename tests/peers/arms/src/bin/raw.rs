//! The tuned loop: what all others are compared with.

fn main() {
    arms::poll_loop(true);
}
