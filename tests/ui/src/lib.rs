//! Nothing stands here: the tests are in `tests/ui.rs`, the programs that they compile in `fail` and `pass`.
