pub(crate) async fn r#move(_: IgnoredAny) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use crate::reexport::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __payload = __private1::decode::<IgnoredAny>(__context)?;
        __private1::invocation(async move {
            __private1::outcome::<()>(r#move(__payload).await)
        })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "move", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < IgnoredAny >
        ::payload(__types); __private1::Probe:: < () > ::returns(__types); })
    }
};
