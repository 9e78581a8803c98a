async fn ping() {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(_: &__private::Context<'_>) -> __private::Invocation {
        __private::invocation(async move { __private::outcome::<()>(ping().await) })
    }
    __private::inventory::submit! {
        __private::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "ping", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < () > ::returns(__types); })
    }
};
