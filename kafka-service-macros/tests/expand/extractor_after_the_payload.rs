async fn a(order: Order, State(db): State<Db>) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        use __private1::BeforePayload as _;
        let __0 = __private1::Probe::<(Order, State<Db>)>::extract(__context)?;
        let __payload = __private1::decode::<State<Db>>(__context)?;
        __private1::invocation(async move {
            __private1::outcome::<()>(a(__0, __payload).await)
        })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("a", & __invoke).at(::core::module_path!(), "a",
        ::core::file!(), ::core::line!()).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < Order > ::extractor(__types);
        __private1::Probe:: < State < Db > > ::payload(__types); __private1::Probe:: < ()
        > ::returns(__types); })
    }
};
