async fn pay(payment: Payment) -> Result<(), Refused> {
    payment.send().await
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __payload = __private1::decode::<Payment>(__context)?;
        __private1::invocation(async move {
            __private1::outcome_with::<
                Result<(), Refused>,
            >(pay(__payload).await, |__error| Refused::is_final(__error))
        })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("pay", & __invoke).at(::core::module_path!(), "pay",
        ::core::file!(), ::core::line!()).topic("money").timeout(30_000).attempts(3)
        .backoff(100, 5_000).retry_deadline(120_000).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < Payment > ::payload(__types);
        __private1::Probe:: < Result < (), Refused > > ::returns(__types); })
    }
};
