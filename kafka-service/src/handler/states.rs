//! Shared values that the application provides and handlers request by type.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
};

use rustc_hash::FxHashMap;

/// The provided values, one per type. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct States {
    values: Arc<FxHashMap<TypeId, Provided>>,
}

#[derive(Clone)]
struct Provided {
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl States {
    /// Provides a value. It replaces an earlier one of the same type.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        let provided = Provided { name: type_name::<T>(), value: Arc::new(value) };
        Arc::make_mut(&mut self.values).insert(TypeId::of::<T>(), provided);
    }

    /// Returns a clone of the value of this type.
    pub(crate) fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.values.get(&TypeId::of::<T>())?.value.downcast_ref().cloned()
    }

    pub(crate) fn contains(&self, id: TypeId) -> bool {
        self.values.contains_key(&id)
    }
}

impl fmt::Debug for States {
    /// Prints only the names of the types; the values may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.values.values().map(|provided| provided.name).collect();
        names.sort_unstable();
        formatter.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_value_of_a_type_replaces_the_first() {
        let mut states = States::default();
        states.insert(1_u32);
        states.insert("text");
        states.insert(2_u32);
        assert_eq!(states.get::<u32>(), Some(2));
        assert_eq!(states.get::<&str>(), Some("text"));
        assert_eq!(states.get::<u64>(), None);
        assert!(states.contains(TypeId::of::<u32>()));
        assert!(!states.contains(TypeId::of::<u64>()));
    }

    #[test]
    fn debug_prints_types_and_no_values() {
        let mut states = States::default();
        states.insert(String::from("a password"));
        states.insert(1_u8);
        assert_eq!(format!("{states:?}"), r#"{"alloc::string::String", "u8"}"#);
    }
}
