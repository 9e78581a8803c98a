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
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __0 = __private::extract::<State<Users>>(__context)?;
        let __payload = __private::decode::<CreateUser>(__context)?;
        __private::invocation(async move {
            __private::outcome::<Result<UserCreated>>(create(__0, __payload).await)
        })
    }
    __private::inventory::submit! {
        __private::Handler::command("create_user", & __invoke).at(::core::module_path!(),
        "create", ::core::file!(), ::core::line!())
        .doc("Creates a user.\n\nId must be unique.").describe(| __types | { use
        __private::Undescribed as _; __private::Probe:: < State < Users > >
        ::extractor(__types); __private::Probe:: < CreateUser > ::payload(__types);
        __private::Probe:: < Result < UserCreated > > ::returns(__types); })
    }
};
