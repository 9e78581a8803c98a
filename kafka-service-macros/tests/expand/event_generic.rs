#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<'a, T: Clone> ::kafka_service::__private1::Event for Changed<'a, T>
where
    T: Send,
    Self: ::kafka_service::__private1::Serialize,
{
    const TYPES: &'static [&'static ::core::primitive::str] = &["changed"];
    fn event_type(&self) -> &'static ::core::primitive::str {
        "changed"
    }
    fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
        ::kafka_service::__private1::key(&self.0.id)
    }
}
