::core::compile_error! {
    "`reply` takes a type\nhelp: write `reply = UserCreated`"
}
::core::compile_error! {
    "`CreateUser` has no field `nam`\nhelp: its fields are `name`"
}
#[automatically_derived]
impl ::kafka_service::__private::Command for CreateUser {
    const NAME: &'static ::core::primitive::str = "";
    type Reply = ();
}
