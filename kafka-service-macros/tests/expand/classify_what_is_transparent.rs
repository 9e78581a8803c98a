#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __class(__error: &UserError) -> ::core::option::Option<__private1::ErrorClass> {
        match __error {
            UserError::Parse { .. } => {
                ::core::option::Option::Some(__private1::ErrorClass::Permanent)
            }
            _ => ::core::option::Option::None,
        }
    }
    fn __inner(
        __error: &UserError,
    ) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
        use __private1::Undescribed as _;
        match __error {
            UserError::Publish { 0: __inner, .. } => {
                __private1::Probe::<PublishError>::error(__inner)
            }
            _ => ::core::option::Option::None,
        }
    }
    __private1::inventory::submit! {
        __private1::ErrorType::new(| __error | __private1::class_of:: < UserError >
        (__error, __class)).inner(| __error | __private1::inner_of:: < UserError >
        (__error, __inner))
    }
};
