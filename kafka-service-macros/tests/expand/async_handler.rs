/// Creates a user.
///
/// Id must be unique.
pub async fn create(
    State(users): State<Users>,
    user: CreateUser,
) -> Result<UserCreated> {
    users.insert(user).await
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private1;
    fn __invoke(__context: &__private1::Context<'_>) -> __private1::Invocation {
        let __0 = __private1::extract::<State<Users>>(__context)?;
        let __payload = __private1::decode::<CreateUser>(__context)?;
        __private1::invocation(async move {
            __private1::outcome::<Result<UserCreated>>(create(__0, __payload).await)
        })
    }
    __private1::inventory::submit! {
        __private1::Handler::command("create_user", & __invoke)
        .at(::core::module_path!(), "create", ::core::file!(), ::core::line!())
        .doc("Creates a user.\n\nId must be unique.").describe(| __types | { use
        __private1::Undescribed as _; __private1::Probe:: < State < Users > >
        ::extractor(__types); __private1::Probe:: < CreateUser > ::payload(__types);
        __private1::Probe:: < Result < UserCreated > > ::returns(__types); })
    }
};
