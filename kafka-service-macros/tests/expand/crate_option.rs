pub(crate) async fn r#move(_: IgnoredAny) {}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use crate::reexport::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __payload = __private::decode::<IgnoredAny>(__context)?;
        __private::invocation(async move {
            __private::outcome::<()>(r#move(__payload).await)
        })
    }
    __private::inventory::submit! {
        __private::Handler::command("ping", & __invoke).at(::core::module_path!(),
        "move", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < IgnoredAny >
        ::payload(__types); __private::Probe:: < () > ::returns(__types); })
    }
};
