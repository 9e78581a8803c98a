//! What the hand-written arms share.
