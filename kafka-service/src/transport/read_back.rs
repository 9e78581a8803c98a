//! What the engine requires to read a record again.

use futures_util::future::BoxFuture;

use crate::message::StoredRecord;

/// Reads a single record again, when its command has to be dead-lettered after its memory was released.
pub(crate) trait ReadBack: Send + Sync + 'static {
    /// The record at this position; `None` if retention has deleted it.
    fn read(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> BoxFuture<'static, Result<Option<StoredRecord>, String>>;
}
