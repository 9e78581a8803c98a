#[cfg(unix)]
#[cfg_attr(test, allow(dead_code), cfg(feature = "x"))]
#[doc = include_str!("ping.md")]
#[inline]
async fn ping() {}
#[cfg(unix)]
#[cfg_attr(test, cfg(feature = "x"))]
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(_: &__private::Context<'_>) -> __private::Invocation {
        __private::invocation(async move { __private::outcome::<()>(ping().await) })
    }
    __private::inventory::submit! {
        __private::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "ping", ::core::file!(), ::core::line!())
        .doc(::core::concat!(include_str!("ping.md"), "\n")).describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < () > ::returns(__types); })
    }
};
