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
//!   the function is too small or too hot to be traced: its steps are checked but not recorded;
//! * `here!()` inside the function is the `&'static Step` of the nearest step comment above it in the
//!   source;
//! * a step comment that the attribute could not attach to a statement or a match arm is a compile error.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, Ident, ItemFn, LitStr, Stmt, Token, parse_macro_input, parse_quote,
};

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

struct Arguments {
    standard: Ident,
    id: LitStr,
    trace: Option<TokenStream>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let standard = if input.peek(Ident) {
            let standard = input.parse()?;
            input.parse::<Token![,]>()?;
            standard
        } else {
            Ident::new("Fetch", Span::call_site())
        };
        let id: LitStr = input.parse()?;
        let mut trace = Some(quote!(trace));
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let option: Ident = input.parse()?;
            if option == "untraced" {
                trace = None;
            } else if option == "trace" {
                input.parse::<Token![=]>()?;
                let expression: Expr = input.parse()?;
                trace = Some(quote!(#expression));
            } else {
                return Err(syn::Error::new(
                    option.span(),
                    "expected `trace = …` or `untraced`",
                ));
            }
        }
        Ok(Self {
            standard,
            id,
            trace,
        })
    }
}

struct Inventory(BTreeMap<String, (String, Vec<String>)>);

fn inventory() -> &'static Inventory {
    static INVENTORY: OnceLock<Inventory> = OnceLock::new();
    INVENTORY.get_or_init(|| {
        let json: serde_json::Value =
            serde_json::from_str(include_str!("../fetch-algorithms.json")).unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut map = BTreeMap::new();
        for entry in json["list"].as_array().into_iter().flatten() {
            let steps = entry["steps"]
                .as_array()
                .into_iter()
                .flatten()
                .map(text)
                .collect();
            map.insert(text(&entry["id"]), (text(&entry["name"]), steps));
        }
        Inventory(map)
    })
}

fn expand(arguments: &Arguments, mut function: ItemFn) -> syn::Result<TokenStream> {
    let id = arguments.id.value();
    let known = if arguments.standard == "Fetch" {
        let Some(entry) = inventory().0.get(&id) else {
            let message = format!("the pinned Fetch Standard has no algorithm `{id}`");
            return Err(syn::Error::new(arguments.id.span(), message));
        };
        Some(entry)
    } else {
        None
    };

    let mut steps = StepComments {
        trace: arguments.trace.clone(),
        ..StepComments::default()
    };
    steps.visit_block_mut(&mut function.block);
    let mut errors = steps.errors.into_iter();
    if let Some(mut first) = errors.next() {
        errors.for_each(|error| first.combine(error));
        return Err(first);
    }
    if let Some((_, known_steps)) = known {
        for (number, _, span) in &steps.found {
            if !known_steps.iter().any(|step| step == number) {
                let message = format!("`{id}` has no step {number} in the pinned Fetch Standard");
                return Err(syn::Error::new(*span, message));
            }
        }
    }

    let name = known.map_or_else(
        || function.sig.ident.to_string().replace('_', " "),
        |(name, _)| name.clone(),
    );
    let standard = &arguments.standard;
    let numbers = steps.found.iter().map(|(number, _, _)| number);
    let texts = steps.found.iter().map(|(_, text, _)| text);
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

/// Finds step comments, takes them out of the code, and puts the recording of the step in their place.
#[derive(Default)]
struct StepComments {
    trace: Option<TokenStream>,
    found: Vec<(String, String, Span)>,
    errors: Vec<syn::Error>,
}

impl StepComments {
    /// Takes the step comment out of `attributes`; returns the index of its step.
    fn take(&mut self, attributes: &mut Vec<Attribute>) -> Option<usize> {
        let mut lines = Vec::new();
        attributes.retain(|attribute| match doc_text(attribute) {
            Some(line) => {
                lines.push((line, attribute.span()));
                false
            }
            None => true,
        });
        let (first, span) = lines.first().cloned()?;
        let Some((number, text)) = split_step(&first) else {
            self.errors.push(syn::Error::new(
                span,
                "a doc comment inside an algorithm is a step comment: `/// 4.1. Words`; use `//` for a remark",
            ));
            return None;
        };
        let mut words = text.to_owned();
        for (line, _) in &lines[1..] {
            words.push(' ');
            words.push_str(line.trim());
        }
        self.found
            .push((number.to_owned(), words.trim().to_owned(), span));
        Some(self.found.len() - 1)
    }

    fn record(&self, step: usize) -> TokenStream {
        let span = self.found[step].2;
        match &self.trace {
            Some(trace) => {
                quote_spanned!(span=> ::crossexam_web::trace::Trace::step(&#trace, &__STEPS[#step]);)
            }
            None => TokenStream::new(),
        }
    }
}

impl VisitMut for StepComments {
    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut statements = Vec::with_capacity(block.stmts.len());
        for mut statement in std::mem::take(&mut block.stmts) {
            let step =
                statement_attributes(&mut statement).and_then(|attributes| self.take(attributes));
            if let Some(step) = step {
                let record = self.record(step);
                if !record.is_empty() {
                    statements.push(Stmt::Expr(Expr::Verbatim(record), None));
                }
            }
            self.visit_stmt_mut(&mut statement);
            statements.push(statement);
        }
        block.stmts = statements;
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        let step = self.take(&mut arm.attrs);
        visit_mut::visit_arm_mut(self, arm);
        if let Some(step) = step {
            let record = self.record(step);
            let body = &arm.body;
            if !record.is_empty() {
                *arm.body = parse_quote!({ #record #body });
            }
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Macro(call) = expression
            && call.mac.path.is_ident("here")
            && call.mac.tokens.is_empty()
        {
            *expression = match self.found.len().checked_sub(1) {
                Some(step) => parse_quote!((&__STEPS[#step])),
                None => {
                    self.errors.push(syn::Error::new(
                        call.span(),
                        "no step comment stands above this `here!()`",
                    ));
                    return;
                }
            };
            return;
        }
        visit_mut::visit_expr_mut(self, expression);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {
        // A nested item is documented as usual.
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let Some(text) = doc_text(attribute)
            && split_step(&text).is_some()
        {
            self.errors.push(syn::Error::new(
                attribute.span(),
                "this step comment belongs to no statement: put it above a whole statement or a match arm",
            ));
        }
    }
}

/// The attributes that stand in front of a statement, wherever the parser has put them.
fn statement_attributes(statement: &mut Stmt) -> Option<&mut Vec<Attribute>> {
    match statement {
        Stmt::Local(local) => Some(&mut local.attrs),
        Stmt::Macro(call) => Some(&mut call.attrs),
        Stmt::Expr(expression, _) => leading_attributes(expression),
        Stmt::Item(_) => None,
    }
}

fn leading_attributes(expression: &mut Expr) -> Option<&mut Vec<Attribute>> {
    // Attributes in front of `a = b` or `a + b` are attached to the leftmost operand.
    Some(match expression {
        Expr::Assign(inner) => return leading_attributes(&mut inner.left),
        Expr::Binary(inner) => return leading_attributes(&mut inner.left),
        Expr::Cast(inner) => return leading_attributes(&mut inner.expr),
        Expr::Async(inner) => &mut inner.attrs,
        Expr::Await(inner) => &mut inner.attrs,
        Expr::Block(inner) => &mut inner.attrs,
        Expr::Break(inner) => &mut inner.attrs,
        Expr::Call(inner) => &mut inner.attrs,
        Expr::Closure(inner) => &mut inner.attrs,
        Expr::Continue(inner) => &mut inner.attrs,
        Expr::Field(inner) => &mut inner.attrs,
        Expr::ForLoop(inner) => &mut inner.attrs,
        Expr::If(inner) => &mut inner.attrs,
        Expr::Index(inner) => &mut inner.attrs,
        Expr::Lit(inner) => &mut inner.attrs,
        Expr::Loop(inner) => &mut inner.attrs,
        Expr::Macro(inner) => &mut inner.attrs,
        Expr::Match(inner) => &mut inner.attrs,
        Expr::MethodCall(inner) => &mut inner.attrs,
        Expr::Paren(inner) => &mut inner.attrs,
        Expr::Path(inner) => &mut inner.attrs,
        Expr::Range(inner) => &mut inner.attrs,
        Expr::Reference(inner) => &mut inner.attrs,
        Expr::Return(inner) => &mut inner.attrs,
        Expr::Struct(inner) => &mut inner.attrs,
        Expr::Try(inner) => &mut inner.attrs,
        Expr::Tuple(inner) => &mut inner.attrs,
        Expr::Unary(inner) => &mut inner.attrs,
        Expr::While(inner) => &mut inner.attrs,
        _ => return None,
    })
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    if !meta.path.is_ident("doc") {
        return None;
    }
    match &meta.value {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Splits `4.1. Words` into `4.1` and `Words`.
fn split_step(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let number = text[..end].strip_suffix('.')?;
    let well_formed = !number.is_empty()
        && number
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    well_formed.then(|| (number, text[end..].trim()))
}
