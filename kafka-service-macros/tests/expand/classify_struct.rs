#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __class(_: &NotFound) -> ::core::option::Option<__private1::ErrorClass> {
        ::core::option::Option::Some(__private1::ErrorClass::Permanent)
    }
    __private1::inventory::submit! {
        __private1::ErrorType::new(| __error | __private1::class_of:: < NotFound >
        (__error, __class))
    }
};
