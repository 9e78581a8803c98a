#[allow(deprecated, unused_qualifications)]
const _: () = {
    use crate::reexport::__private1;
    fn __class(__error: &UserError) -> ::core::option::Option<__private1::ErrorClass> {
        match __error {
            UserError::Database { .. } => {
                ::core::option::Option::Some(__private1::ErrorClass::Retryable)
            }
            _ => ::core::option::Option::Some(__private1::ErrorClass::Permanent),
        }
    }
    __private1::inventory::submit! {
        __private1::ErrorType::new(| __error | __private1::class_of:: < UserError >
        (__error, __class))
    }
};
