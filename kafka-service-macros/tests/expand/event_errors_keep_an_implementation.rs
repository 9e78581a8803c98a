::core::compile_error! {
    "invalid character `' '` in event type `user created`\nhelp: use ASCII letters, digits, `_`, `-` and `.`, for example `\"user.created\"`"
}
::core::compile_error! {
    "no field `idd` on `UserCreated`\nhelp: available field is: `id`"
}
#[automatically_derived]
impl<T> ::kafka_service::__private1::Event for UserCreated<T>
where
    Self: ::kafka_service::__private1::Serialize,
{
    const TYPES: &'static [&'static ::core::primitive::str] = &[];
    fn event_type(&self) -> &'static ::core::primitive::str {
        ::core::unreachable!()
    }
}
