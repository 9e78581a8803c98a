fn resize(meta: Meta, image: Image) -> Resized {
    image.resize()
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __0 = __private::extract::<Meta>(__context)?;
        let __payload = __private::decode::<Image>(__context)?;
        __private::blocking(move || __private::outcome::<
            Resized,
        >(resize(__0, __payload)))
    }
    __private::inventory::submit! {
        __private::Handler::command("resize", & __invoke).at(::core::module_path!(),
        "resize", ::core::file!(), ::core::line!()).blocking().describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < Meta > ::extractor(__types);
        __private::Probe:: < Image > ::payload(__types); __private::Probe:: < Resized >
        ::returns(__types); })
    }
};
