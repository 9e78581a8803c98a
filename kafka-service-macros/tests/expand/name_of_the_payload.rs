async fn create(user: CreateUser) -> UserCreated {
    user.into()
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __payload = __private::decode::<CreateUser>(__context)?;
        __private::invocation(async move {
            __private::outcome::<UserCreated>(create(__payload).await)
        })
    }
    __private::inventory::submit! {
        __private::command_of:: < CreateUser > (& __invoke).at(::core::module_path!(),
        "create", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < CreateUser >
        ::payload(__types); __private::Probe:: < UserCreated > ::returns(__types); })
    }
};
