fn settle(event: PaymentSettled) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __payload = __private::decode::<PaymentSettled>(__context)?;
        __private::blocking(move || __private::outcome::<()>(settle(__payload)))
    }
    __private::inventory::submit! {
        __private::event_of:: < PaymentSettled > (& __invoke).at(::core::module_path!(),
        "settle", ::core::file!(), ::core::line!()).blocking().attempts(1).describe(|
        __types | { use __private::Undescribed as _; __private::Probe:: < PaymentSettled
        > ::payload(__types); __private::Probe:: < () > ::returns(__types); })
    }
};
