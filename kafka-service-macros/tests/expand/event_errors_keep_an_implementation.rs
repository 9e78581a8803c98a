::core::compile_error! {
    "event type `user created` contains ` `\nhelp: write `\"user.created\"`, or other ASCII letters, digits, `_`, `-` and `.`"
}
::core::compile_error! {
    "`UserCreated` has no field `idd`\nhelp: its fields are `id`"
}
#[automatically_derived]
impl<T> ::kafka_service::__private::Event for UserCreated<T>
where
    Self: ::kafka_service::__private::Serialize,
{
    const TYPES: &'static [&'static ::core::primitive::str] = &[];
    fn event_type(&self) -> &'static ::core::primitive::str {
        ::core::unreachable!()
    }
}
