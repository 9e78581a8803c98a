#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl ::kafka_service::__private1::Event for UserCreated {
    const TYPES: &'static [&'static ::core::primitive::str] = &["user.created"];
    fn event_type(&self) -> &'static ::core::primitive::str {
        "user.created"
    }
    fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
        ::kafka_service::__private1::key(&self.id)
    }
}
