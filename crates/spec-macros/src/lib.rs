//! The `#[algorithm]` attribute.
//!
//! A standard's algorithm is transcribed as one function. Above the statement that carries out a step
//! stands a doc comment that begins with the step's number, followed by the project's own short words:
//!
//! ```text
//! /// CORS check.
//! #[algorithm("concept-cors-check")]
//! pub fn cors_check(request: &Request, response: &Response, trace: &Trace) -> Result<(), CorsCheckFailure> {
//!     /// 1. Read the combined `Access-Control-Allow-Origin` value.
//!     let origin = response.header_list().get(b"access-control-allow-origin");
//!     /// 2. No value, no permission.
//!     let Some(origin) = origin else { return Err(CorsCheckFailure::Missing { step: here!() }) };
//!     ...
//! }
//! ```
//!
//! The attribute turns each such comment into a call that records the step in the trace, and
//!
//! * `#[algorithm("id")]` cites the Fetch Standard: the id and every step number must stand in the
//!   pinned inventory (`fetch-algorithms.json`), otherwise the code does not compile;
//! * `#[algorithm(Cookies, "id")]` cites another standard, a variant of `Standard` in `crossexam-web`;
//! * `trace = EXPR` says where the trace is (by default a variable named `trace`), `untraced` says that
//!   the function is too small or too hot to be traced: its steps are checked but not recorded (only the tests that
//!   count which steps are reached see them);
//! * `here!()` inside the function is the `&'static Step` of the nearest step comment above it in the
//!   source;
//! * a statement that carries out several steps has a line for each, one below the other;
//! * a step comment that the attribute could not attach to a statement or a match arm is a compile error.

use std::sync::OnceLock;

use crossexam_spec::{Arguments, Inventory, Records, StepComment, StepComments};
use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{Block, ItemFn, parse_macro_input, parse_quote};

/// Turns the step comments of a transcribed algorithm into trace steps. See the crate documentation.
#[proc_macro_attribute]
pub fn algorithm(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let arguments = parse_macro_input!(arguments as Arguments);
    let function = parse_macro_input!(item as ItemFn);
    expand(&arguments, function)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

fn inventory() -> &'static Inventory {
    static INVENTORY: OnceLock<Inventory> = OnceLock::new();
    INVENTORY.get_or_init(|| Inventory::parse(include_str!("../fetch-algorithms.json")))
}

fn expand(arguments: &Arguments, mut function: ItemFn) -> syn::Result<TokenStream> {
    let id = arguments.id.value();
    let known = if arguments.standard == "Fetch" {
        let Some(entry) = inventory().get(&id) else {
            let message = format!("the pinned Fetch Standard has no algorithm `{id}`");
            return Err(syn::Error::new(arguments.id.span(), message));
        };
        Some(entry)
    } else {
        None
    };

    let mut steps = StepComments {
        trace: arguments.trace.clone(),
        records: if function.sig.constness.is_some() {
            Records::Never
        } else {
            Records::Yes
        },
        ..StepComments::default()
    };
    steps.visit_block_mut(&mut function.block);
    let mut errors = steps.errors.into_iter();
    if let Some(mut first) = errors.next() {
        errors.for_each(|error| first.combine(error));
        return Err(first);
    }
    if let Some(known) = known {
        for StepComment { number, span, .. } in &steps.found {
            if !known.steps.contains(number) {
                let message = format!("`{id}` has no step {number} in the pinned Fetch Standard");
                return Err(syn::Error::new(*span, message));
            }
        }
    }

    let name = known.map_or_else(
        || function.sig.ident.to_string().replace('_', " "),
        |known| known.name.clone(),
    );
    let standard = &arguments.standard;
    let numbers = steps.found.iter().map(|step| &step.number);
    let texts = steps.found.iter().map(|step| &step.text);
    let count = steps.found.len();
    let enter = arguments.trace.as_ref().map(
        |trace| quote!(let __scope = ::crossexam_web::trace::Trace::enter(&#trace, &__ALGORITHM);),
    );
    let statements = &function.block.stmts;
    let block: Block = parse_quote!({
        static __ALGORITHM: ::crossexam_web::trace::Algorithm = ::crossexam_web::trace::Algorithm {
            standard: ::crossexam_web::trace::Standard::#standard,
            id: #id,
            name: #name,
        };
        #[allow(dead_code)]
        static __STEPS: [::crossexam_web::trace::Step; #count] = [
            #(::crossexam_web::trace::Step { algorithm: &__ALGORITHM, number: #numbers, text: #texts }),*
        ];
        #enter
        #(#statements)*
    });
    *function.block = block;
    Ok(quote!(#function))
}
