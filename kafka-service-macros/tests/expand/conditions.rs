#[cfg(unix)]
#[cfg_attr(test, allow(dead_code), cfg(feature = "x"))]
#[doc = include_str!("ping.md")]
#[inline]
async fn ping() {}
#[cfg(unix)]
#[cfg_attr(test, cfg(feature = "x"))]
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(_: &__private1::Context<'_>) -> __private1::Invocation {
        __private1::invocation(async move { __private1::outcome::<()>(ping().await) })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "ping", ::core::file!(), ::core::line!())
        .doc(::core::concat!(include_str!("ping.md"), "\n")).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < () > ::returns(__types); })
    }
};
