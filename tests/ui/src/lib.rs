//! This library is empty: the tests are in `tests/ui.rs`, and the programs that they compile in `fail` and `pass`.
