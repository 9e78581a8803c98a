/// Creates an order.
///
/// Twice is an error.
pub async fn create_order(
    State(db): State<Db>,
    order: CreateOrder,
) -> Result<OrderCreated, OrderError> {
    db.insert(order).await
}
#[allow(deprecated, unused_qualifications)]
const _: () = {
    use ::kafka_service::__private;
    fn __invoke(__context: &__private::Context<'_>) -> __private::Invocation {
        let __0 = __private::extract::<State<Db>>(__context)?;
        let __payload = __private::decode::<CreateOrder>(__context)?;
        __private::invocation(async move {
            __private::outcome::<
                Result<OrderCreated, OrderError>,
            >(create_order(__0, __payload).await)
        })
    }
    __private::inventory::submit! {
        __private::Handler::command("create_order", __invoke).at(::core::module_path!(),
        "create_order", ::core::file!(), ::core::line!())
        .doc("Creates an order.\n\nTwice is an error.").describe(| __description | { use
        __private::Undescribed as _; __private::Probe:: < State < Db > >
        ::extractor(__description); __private::Probe:: < CreateOrder >
        ::payload(__description); __private::Probe:: < Result < OrderCreated, OrderError
        > > ::returns(__description); })
    }
};
