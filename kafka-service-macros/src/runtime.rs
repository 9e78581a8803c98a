//! The runtime crate, as generated code names it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, Path, WhereClause, parse_quote};

/// Returns the path of the module that generated code takes its names from.
pub(crate) fn runtime(path: Option<&Path>) -> TokenStream {
    match path {
        Some(path) => quote!(#path::__private1),
        None => quote!(::kafka_service::__private1),
    }
}

/// An event must be serializable. For a type with parameters that depends on them, so it becomes a `where` clause.
pub(crate) fn event_where_clause(generics: &Generics, runtime: &TokenStream) -> Option<WhereClause> {
    let mut clause = generics.where_clause.clone();
    if generics.type_params().next().is_some() {
        let clause = clause.get_or_insert_with(|| parse_quote!(where));
        clause.predicates.push(parse_quote!(Self: #runtime::Serialize));
    }
    clause
}
