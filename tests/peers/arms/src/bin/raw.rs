//! The tuned loop: the baseline of the comparison.

fn main() {
    arms::poll_loop(true);
}
