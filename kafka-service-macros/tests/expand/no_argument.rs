async fn ping() {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(_: &__private::Context<'_>) -> __private::Invocation {
        __private::invocation(async move {
            let __returned = ping().await;
            __private::outcome::<()>(__returned)
        })
    }
    __private::inventory::submit! {
        __private::Handler::command("ping", __invoke).at(::core::module_path!(), "ping",
        ::core::file!(), ::core::line!()).describe(| __description | { use
        __private::Undescribed as _; __private::Probe:: < () > ::returns(__description);
        })
    }
};
