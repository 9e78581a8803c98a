#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::kafka_service::__private1::Event for Answer {
    const TYPES: &'static [&'static ::core::primitive::str] = &[
        "payment.accepted",
        "payment.refused",
        "payment.waiting",
    ];
    const VARIANTS: ::core::option::Option<&'static [&'static ::core::primitive::str]> = ::core::option::Option::Some(
        <Self as ::kafka_service::__private1::Event>::TYPES,
    );
    fn event_type(&self) -> &'static ::core::primitive::str {
        match self {
            Self::Accepted { .. } => "payment.accepted",
            Self::Refused { .. } => "payment.refused",
            Self::Waiting { .. } => "payment.waiting",
        }
    }
    fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
        match self {
            Self::Accepted { order: __key, .. } => {
                ::kafka_service::__private1::key(__key)
            }
            Self::Refused { 0: __key, .. } => {
                ::kafka_service::__private1::key(&__key.order)
            }
            Self::Waiting { .. } => ::core::option::Option::None,
        }
    }
    fn serialize_payload<__S: ::kafka_service::__private1::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        ::kafka_service::__private1::serialize_content(self, __serializer)
    }
}
