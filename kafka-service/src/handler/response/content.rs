//! Serializes an enum variant as its content, without the variant name that serde adds.
//!
//! The envelope already has the event type. Unwrapping in a serializer, instead of generating a second `Serialize`,
//! keeps the meaning of every serde attribute on the user's enum.

use std::fmt::Display;

use serde::ser::{
    Serialize, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleVariant, Serializer,
};

/// Writes the content of `value`: the inner value of a newtype variant, the fields of a struct variant, `{}` for a unit
/// variant or a unit struct.
///
/// # Errors
///
/// Returns the errors of the serializer and of the user's `Serialize`.
pub fn serialize_content<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(Content(serializer))
}

/// A serializer that drops the names of variants and forwards everything else.
#[derive(Debug)]
struct Content<S>(S);

macro_rules! hand_on {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.0.$method(value)
        })*
    };
}

impl<S: Serializer> Serializer for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = S::SerializeSeq;
    type SerializeTuple = S::SerializeTuple;
    type SerializeTupleStruct = S::SerializeTupleStruct;
    type SerializeTupleVariant = Content<S::SerializeTuple>;
    type SerializeMap = S::SerializeMap;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Content<S::SerializeStruct>;

    hand_on! {
        serialize_bool(bool),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128),
        serialize_f32(f32), serialize_f64(f64),
        serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.0.serialize_struct(name, 0)?.end()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.0.serialize_struct(variant, 0)?.end()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self.0)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<S::SerializeSeq, S::Error> {
        self.0.serialize_seq(length)
    }

    fn serialize_tuple(self, length: usize) -> Result<S::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length)
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<S::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple(length).map(Content)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<S::SerializeMap, S::Error> {
        self.0.serialize_map(length)
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<S::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, length)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct(variant, length).map(Content)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<S: SerializeTuple> SerializeTupleVariant for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_element(value)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: SerializeStruct> SerializeStructVariant for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Serializer, json};

    use super::*;

    #[derive(serde::Serialize)]
    #[serde(rename_all_fields = "camelCase")]
    enum Shape {
        Unit,
        Newtype(Vec<u8>),
        Tuple(u8, i128),
        Struct {
            first_name: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            age: Option<u8>,
        },
    }

    #[derive(serde::Serialize)]
    struct Ping;

    fn content(value: &impl Serialize) -> serde_json::Value {
        let mut out = Vec::new();
        serialize_content(value, &mut Serializer::new(&mut out)).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn the_payload_omits_the_variant_and_obeys_serde_attributes() {
        assert_eq!(content(&Shape::Unit), json!({}));
        assert_eq!(content(&Shape::Newtype(vec![1])), json!([1]));
        assert_eq!(content(&Shape::Tuple(1, -2)), json!([1, -2]));
        assert_eq!(content(&Shape::Struct { first_name: "Ada", age: None }), json!({"firstName": "Ada"}));
        assert_eq!(content(&Shape::Struct { first_name: "Ada", age: Some(3) }), json!({"firstName": "Ada", "age": 3}));
    }

    #[test]
    fn an_event_without_fields_is_an_empty_object() {
        assert_eq!(content(&Ping), json!({}));
    }
}
