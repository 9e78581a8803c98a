async fn pay(payment: Payment) -> Result<(), Refused> {
    payment.send().await
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __payload = __private::decode::<Payment>(__context)?;
        __private::invocation(async move {
            __private::outcome_with::<
                Result<(), Refused>,
            >(pay(__payload).await, |__error| Refused::is_final(__error))
        })
    }
    __private::inventory::submit! {
        __private::Handler::command("pay", & __invoke).at(::core::module_path!(), "pay",
        ::core::file!(), ::core::line!()).topic("money").timeout(30_000).attempts(3)
        .backoff(100, 5_000).retry_deadline(120_000).describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < Payment > ::payload(__types);
        __private::Probe:: < Result < (), Refused > > ::returns(__types); })
    }
};
