async fn settle(event: PaymentSettled) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    use __private1::Undescribed as _;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __payload = __private1::Probe::<PaymentSettled>::decode(__context)?;
        __private1::invocation(async move {
            __private1::outcome::<()>(settle(__payload).await)
        })
    }
    __private1::inventory::submit! {
        __private1::event_in("payment.settled", __private1::Probe:: < PaymentSettled >
        ::VARIANTS, & __invoke).at(::core::module_path!(), "settle", ::core::file!(),
        ::core::line!()).describe(| __types | { __private1::Probe:: < PaymentSettled >
        ::payload(__types); __private1::Probe:: < () > ::returns(__types); })
    }
};
