fn resize(meta: Meta, image: Image) -> Resized {
    image.resize()
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __0 = __private1::extract::<Meta>(__context)?;
        let __payload = __private1::decode::<Image>(__context)?;
        __private1::blocking(move || __private1::outcome::<
            Resized,
        >(resize(__0, __payload)))
    }
    __private1::inventory::submit! {
        __private1::Handler::command("resize", & __invoke).at(::core::module_path!(),
        "resize", ::core::file!(), ::core::line!()).blocking().describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < Meta > ::extractor(__types);
        __private1::Probe:: < Image > ::payload(__types); __private1::Probe:: < Resized >
        ::returns(__types); })
    }
};
