unsafe fn create_order(&self, order: &Order) {}
::core::compile_error! {
    "unknown option `topics`\nhelp: supported options are `topic`, `retry`, `timeout`, `crate`, `permanent`"
}
::core::compile_error! {
    "invalid character `' '` in command name `create order`\nhelp: use ASCII letters, digits, `_`, `-` and `.`, for example `\"create_order\"`"
}
::core::compile_error! {
    "handler `create_order` cannot be `unsafe`\nhelp: write `async fn create_order`, or `fn create_order` for blocking code"
}
::core::compile_error! {
    "a handler cannot take `self`: it must be a free function\nhelp: take shared values as `State<T>` arguments"
}
::core::compile_error! {
    "a payload must own its data: it cannot borrow from the message\nhelp: use `String` instead of `&str`, `T` instead of `&T`"
}
