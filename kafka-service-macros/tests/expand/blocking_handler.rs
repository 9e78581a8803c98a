fn resize(id: CorrelationId, meta: Meta, image: Image) -> Resized {
    image.resize()
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private::{self, Undescribed as _};
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __0 = __private::extract::<CorrelationId>(__context)?;
        let __1 = __private::extract::<Meta>(__context)?;
        let __payload = __private::decode::<Image>(__context)?;
        __private::blocking(move || __private::outcome::<
            Resized,
        >(resize(__0, __1, __payload)))
    }
    __private::inventory::submit! {
        __private::Handler::command("resize", & __invoke).at(::core::module_path!(),
        "resize", ::core::file!(), ::core::line!()).blocking().describe(| __types | {
        __private::Probe:: < CorrelationId > ::extractor(__types); __private::Probe:: <
        Meta > ::extractor(__types); __private::Probe:: < Image > ::payload(__types);
        __private::Probe:: < Resized > ::returns(__types); })
    }
};
