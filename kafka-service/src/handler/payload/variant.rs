//! Decodes one variant of an enum of events: the event type names the variant, and the payload is its content.
//!
//! Selecting the variant in a deserializer, instead of generating a second `Deserialize`, keeps the meaning of every serde
//! attribute on the user's enum. This is the counterpart of [`serialize_content`](crate::handler::serialize_content).

use std::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, IntoDeserializer, MapAccess, VariantAccess,
    Visitor,
};

/// Decodes the variant with this index of an enum `T`. The index counts as serde does: variants that it skips have none.
#[derive(Debug)]
pub(super) struct Variant<T> {
    index: u32,
    of: PhantomData<T>,
}

impl<T> Variant<T> {
    pub(super) fn new(index: u32) -> Self {
        Self { index, of: PhantomData }
    }
}

impl<T> Clone for Variant<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Variant<T> {}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Variant<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, content: D) -> Result<T, D::Error> {
        T::deserialize(Selected { index: self.index, content })
    }
}

/// A deserializer that gives an enum its variant, and forwards everything else.
struct Selected<D> {
    index: u32,
    content: D,
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*)),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.content.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Selected<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_enum(self)
    }

    // What a `Deserialize` calls that is not derived for the enum, such as that of `#[serde(try_from = "..")]`.
    forward! {
        deserialize_any(), deserialize_ignored_any(), deserialize_identifier(),
        deserialize_bool(), deserialize_char(), deserialize_str(), deserialize_string(),
        deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(), deserialize_i128(),
        deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(),
        deserialize_f32(), deserialize_f64(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_option(), deserialize_unit(), deserialize_seq(), deserialize_map(),
        deserialize_unit_struct(name: &'static str), deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(length: usize), deserialize_tuple_struct(name: &'static str, length: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
    }

    fn is_human_readable(&self) -> bool {
        self.content.is_human_readable()
    }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for Selected<D> {
    type Error = D::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), D::Error> {
        // An index has no other spelling, unlike a name.
        let index = IntoDeserializer::<D::Error>::into_deserializer(self.index);
        seed.deserialize(index).map(|variant| (variant, self))
    }
}

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for Selected<D> {
    type Error = D::Error;

    fn unit_variant(self) -> Result<(), D::Error> {
        self.content.deserialize_any(NoFields)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, D::Error> {
        seed.deserialize(self.content)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.content.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.content.deserialize_struct("", fields, visitor)
    }
}

/// The content of a variant without fields: an object, whose fields are ignored like any unknown field.
struct NoFields;

impl<'de> Visitor<'de> for NoFields {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    /// Is not decoded as an enum, but from whatever the payload is.
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(try_from = "Amount")]
    enum Sign {
        Positive,
        Negative,
    }

    #[derive(Deserialize)]
    struct Amount(i32);

    impl TryFrom<Amount> for Sign {
        type Error = &'static str;

        fn try_from(amount: Amount) -> Result<Self, Self::Error> {
            match amount.0 {
                0 => Err("zero has no sign"),
                amount if amount > 0 => Ok(Self::Positive),
                _ => Ok(Self::Negative),
            }
        }
    }

    fn decode<T: for<'de> Deserialize<'de>>(index: u32, payload: &Value) -> Result<T, String> {
        Variant::new(index).deserialize(payload).map_err(|error| error.to_string())
    }

    #[test]
    fn an_index_selects_a_variant_that_serde_renames() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Shape {
            Point,
            #[serde(skip_deserializing)]
            #[expect(dead_code, reason = "an index counts only the variants that can be decoded")]
            Nothing,
            #[serde(alias = "c")]
            Circle {
                radius: u8,
            },
            #[serde(other)]
            Other,
        }
        assert_eq!(decode(0, &json!({})), Ok(Shape::Point));
        assert_eq!(decode(1, &json!({"radius": 3})), Ok(Shape::Circle { radius: 3 }));
        assert_eq!(decode(2, &json!({})), Ok(Shape::Other));
    }

    #[test]
    fn what_is_not_decoded_as_an_enum_gets_the_payload() {
        assert_eq!(decode(1, &json!(5)), Ok(Sign::Positive));
        assert_eq!(decode(0, &json!(-5)), Ok(Sign::Negative));
        assert_eq!(decode::<Sign>(0, &json!(0)), Err("zero has no sign".to_owned()));
        assert_eq!(decode(0, &json!([null, 1])), Ok(vec![None, Some(1)]));
    }
}
