#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl crate::reexport::__private1::Event for Pinged {
    const TYPES: &'static [&'static ::core::primitive::str] = &["pinged"];
    fn event_type(&self) -> &'static ::core::primitive::str {
        "pinged"
    }
    fn serialize_payload<__S: crate::reexport::__private1::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        crate::reexport::__private1::serialize_content(self, __serializer)
    }
}
