::core::compile_error! {
    "expected a type for `reply`\nhelp: write `reply = UserCreated`"
}
::core::compile_error! {
    "no field `nam` on `CreateUser`\nhelp: available field is: `name`"
}
#[automatically_derived]
impl ::kafka_service::__private1::Command for CreateUser {
    const NAME: &'static ::core::primitive::str = "";
    type Reply = ();
}
