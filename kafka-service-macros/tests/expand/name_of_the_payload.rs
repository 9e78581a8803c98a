async fn create(user: CreateUser) -> UserCreated {
    user.into()
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __payload = __private1::decode::<CreateUser>(__context)?;
        __private1::invocation(async move {
            __private1::outcome::<UserCreated>(create(__payload).await)
        })
    }
    __private1::inventory::submit! {
        __private1::command_of:: < CreateUser > (& __invoke).at(::core::module_path!(),
        "create", ::core::file!(), ::core::line!()).describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < CreateUser >
        ::payload(__types); __private1::Probe:: < UserCreated > ::returns(__types); })
    }
};
