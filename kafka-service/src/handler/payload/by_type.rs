//! Decodes the payload of an event by its event type, if the payload is an enum of events.

use super::{DecodeError, Payload, decode, decode_with, explained, variant::Variant};
use crate::handler::{Context, Event};

/// Decodes the payload of an event. For a type that is not an enum of events, this is [`decode`].
#[inline]
pub(crate) fn decode_by_type<T: Event + Payload>(context: &Context<'_>) -> Result<T, DecodeError> {
    match T::VARIANTS {
        None => decode(context),
        Some(variants) => decode_variant(context, variants),
    }
}

fn decode_variant<T: Event + Payload>(context: &Context<'_>, variants: &[&str]) -> Result<T, DecodeError> {
    let event_type = &*context.envelope.kind;
    // Without a variant, serde's own form is all there is.
    let Some(index) = variants.iter().position(|variant| *variant == event_type) else { return decode(context) };
    let variant = Variant::<T>::new(u32::try_from(index).unwrap_or(u32::MAX));
    let payload: T = explained(context, decode_with(context.envelope.payload_text(), variant))?;
    // A `Deserialize` that is not derived may choose another variant.
    match payload.event_type() {
        same if same == event_type => Ok(payload),
        other => Err(DecodeError::other_variant::<T>(event_type, other)),
    }
}
