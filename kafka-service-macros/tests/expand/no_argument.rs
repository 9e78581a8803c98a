async fn ping() {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(_: &__private1::Context<'_>) -> __private1::Invocation {
        __private1::invocation(async move { __private1::outcome::<()>(ping().await) })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "ping", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < () > ::returns(__types); })
    }
};
