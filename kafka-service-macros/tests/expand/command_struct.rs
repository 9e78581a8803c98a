#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl<T> ::kafka_service::__private1::Command for CreateUser<T>
where
    T: Clone,
{
    const NAME: &'static ::core::primitive::str = "create_user";
    const TOPIC: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
        "users",
    );
    type Reply = UserCreated;
    fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
        ::kafka_service::__private1::key(&self.name)
    }
}
