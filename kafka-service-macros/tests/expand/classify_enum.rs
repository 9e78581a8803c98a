#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __class(__error: &UserError) -> ::core::option::Option<__private1::ErrorClass> {
        match __error {
            UserError::NameTaken { .. } => {
                ::core::option::Option::Some(__private1::ErrorClass::Permanent)
            }
            UserError::TooMany { .. } => {
                ::core::option::Option::Some(
                    __private1::ErrorClass::RetryAfter(
                        ::core::time::Duration::from_millis(90_000),
                    ),
                )
            }
            UserError::Busy { .. } => {
                ::core::option::Option::Some(__private1::ErrorClass::Retryable)
            }
            _ => ::core::option::Option::None,
        }
    }
    __private1::inventory::submit! {
        __private1::ErrorType::new(| __error | __private1::class_of:: < UserError >
        (__error, __class))
    }
};
