//! The user's librdkafka properties: for both clients, for the consumer only, for the producer only.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    error, names,
    property::{Property, Side},
    reserved,
    secret::{Secret, Value},
    table,
};

/// A value, with its name and text as the user wrote them, for messages.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) written: Value,
    pub(super) given_as: String,
    /// The file that the value was read from.
    pub(super) file: Option<PathBuf>,
}

impl Entry {
    /// A message about this entry, without the value if it is secret.
    pub(super) fn problem(&self, property: &Property, what: &str) -> String {
        problem(property, &self.given_as, self.written.expose(), what)
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

/// Canonical property names and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    common: BTreeMap<&'static str, Entry>,
    consumer: BTreeMap<&'static str, Entry>,
    producer: BTreeMap<&'static str, Entry>,
}

impl Properties {
    /// Sets a property by its librdkafka name. The error describes the problem.
    pub(super) fn set(&mut self, target: Side, name: &str, value: &str) -> Result<(), String> {
        match table::find(name) {
            Some(property) => self.set_known(target, property, value, name),
            None => {
                let suggestion = names::suggest_property(name);
                Err(format!("`{}` is not a librdkafka property{suggestion}", error::shown(name)))
            }
        }
    }

    /// Sets a property of the table. `given_as` names it in messages.
    pub(super) fn set_known(
        &mut self,
        target: Side,
        property: &'static Property,
        value: &str,
        given_as: &str,
    ) -> Result<(), String> {
        let problem = |what: &str| problem(property, given_as, value, what);
        if target != Side::Both && !property.side.reaches(target) {
            return Err(problem(wrong_side(property.side)));
        }
        let normal = property.kind.normalize(value).map_err(|what| problem(&what))?;
        // A limit of the producer does not apply to a property that reaches only the consumer.
        let client = if property.side == Side::Both { target } else { property.side };
        if let Some(why) = reserved::refusal(property, client, &normal) {
            return Err(problem(&why));
        }
        let of = |text| if property.secret { Value::Secret(Secret::new(text)) } else { Value::Plain(text) };
        let entry = Entry {
            value: of(normal),
            written: of(value.trim().to_owned()),
            given_as: given_as.to_owned(),
            file: None,
        };
        self.map(target).insert(property.canonical, entry);
        Ok(())
    }

    /// The value that is set for exactly this target.
    pub(super) fn entry(&mut self, target: Side, property: &Property) -> Option<&Entry> {
        self.map(target).get(property.canonical)
    }

    /// Notes the file that a value was read from.
    pub(super) fn read_from(&mut self, target: Side, property: &Property, file: &Path) {
        if let Some(entry) = self.map(target).get_mut(property.canonical) {
            entry.file = Some(file.to_owned());
        }
    }

    /// Every value that was read from a file, with its property.
    pub(super) fn file_entries(&self) -> impl Iterator<Item = (Side, &'static Property, &Entry)> {
        let maps = [(Side::Both, &self.common), (Side::Consumer, &self.consumer), (Side::Producer, &self.producer)];
        let all = maps.into_iter().flat_map(|(side, map)| map.iter().map(move |(name, entry)| (side, name, entry)));
        all.filter(|(_, _, entry)| entry.file.is_some())
            .filter_map(|(side, name, entry)| Some((side, table::find(name)?, entry)))
    }

    fn map(&mut self, target: Side) -> &mut BTreeMap<&'static str, Entry> {
        match target {
            Side::Both => &mut self.common,
            Side::Consumer => &mut self.consumer,
            Side::Producer => &mut self.producer,
        }
    }

    /// The values that reach the client of this side: its own, then the common ones that it does not override.
    pub(super) fn of(&self, side: Side) -> impl Iterator<Item = (&'static Property, &Entry)> {
        let own = if side == Side::Consumer { &self.consumer } else { &self.producer };
        let common = self.common.iter().filter(|(name, _)| !own.contains_key(*name));
        let known = own.iter().chain(common).filter_map(|(name, entry)| Some((table::find(name)?, entry)));
        known.filter(move |(property, _)| property.side.reaches(side))
    }

    /// The value that reaches the client of this side, if the user set one.
    pub(super) fn value(&self, side: Side, name: &str) -> Option<&Entry> {
        self.of(side).find(|(property, _)| property.name == name).map(|(_, entry)| entry)
    }
}

fn problem(property: &Property, given_as: &str, value: &str, what: &str) -> String {
    // A path is shown, unless the secret itself was put in its place.
    let is_shown = !property.secret || (property.is_path() && error::looks_like_path(value));
    if is_shown { error::problem(given_as, value, what) } else { format!("`{given_as}`: {what}") }
}

fn wrong_side(side: Side) -> &'static str {
    match side {
        Side::Consumer => "a consumer property cannot be set for the producer",
        _ => "a producer property cannot be set for the consumer",
    }
}
