async fn settle(event: PaymentSettled) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __payload = __private::decode::<PaymentSettled>(__context)?;
        __private::invocation(async move {
            __private::outcome::<()>(settle(__payload).await)
        })
    }
    __private::inventory::submit! {
        __private::Handler::event("payment.settled", & __invoke)
        .at(::core::module_path!(), "settle", ::core::file!(), ::core::line!())
        .describe(| __types | { use __private::Undescribed as _; __private::Probe:: <
        PaymentSettled > ::payload(__types); __private::Probe:: < () >
        ::returns(__types); })
    }
};
