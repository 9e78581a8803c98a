unsafe fn create_order(&self, order: &Order) {}
::core::compile_error! {
    "unknown option `topics`\nhelp: supported options are `topic`, `retry`, `timeout`, `crate`, `permanent`"
}
::core::compile_error! {
    "command name `create order` contains ` `\nhelp: write `\"create_order\"`, or other ASCII letters, digits, `_`, `-` and `.`"
}
::core::compile_error! {
    "`create_order` must not be `unsafe`\nhelp: write `async fn create_order`, or `fn create_order` for a call that blocks"
}
::core::compile_error! {
    "a handler is a free function and cannot take `self`\nhelp: reach shared values through an argument `State<T>`"
}
::core::compile_error! {
    "the payload must own its data: it is decoded from the message\nhelp: take `String` instead of `&str`, `T` instead of `&T`"
}
