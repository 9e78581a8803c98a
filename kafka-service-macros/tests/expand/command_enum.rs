#[automatically_derived]
#[allow(deprecated, unused_qualifications)]
impl crate::reexport::__private1::Command for ChangeUser {
    const NAME: &'static ::core::primitive::str = "change_user";
    type Reply = ();
}
