//! Step comments, and the code that records them.

use std::ops::Range;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, Ident, LitStr, Stmt, Token, parse_quote};

/// The arguments of `#[algorithm(…)]`.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// The standard, a variant of `Standard` in `crossexam-web`.
    pub standard: Ident,
    /// The algorithm's anchor in the standard.
    pub id: LitStr,
    /// The expression for the trace; `None` for a function that records nothing.
    pub trace: Option<TokenStream>,
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

/// A step comment.
#[derive(Debug, Clone)]
pub struct StepComment {
    /// The step's number.
    pub number: String,
    /// What stands behind it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Finds step comments, takes them out of the code, and puts the recording of the step in their place.
#[derive(Debug, Default)]
pub struct StepComments {
    /// The expression for the trace; `None` for a function that records nothing.
    pub trace: Option<TokenStream>,
    /// Whether a step may call anything at all: a `const fn` may not.
    pub records: Records,
    /// What was found, in the order of the source.
    pub found: Vec<StepComment>,
    /// Comments that belong to no statement.
    pub errors: Vec<syn::Error>,
}

/// Whether the steps of a function are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Records {
    /// They are.
    #[default]
    Yes,
    /// They cannot be: it is a `const fn`.
    Never,
}

impl StepComments {
    /// Takes the step comments out of `attributes`; returns the indices of their steps.
    ///
    /// A line that begins with a number begins another step, which the same statement carries out.
    fn take(&mut self, attributes: &mut Vec<Attribute>) -> Range<usize> {
        let before = self.found.len();
        attributes.retain(|attribute| {
            let Some(line) = doc_text(attribute) else {
                return true;
            };
            let span = attribute.span();
            if let Some((number, text)) = split_step(&line) {
                self.found.push(StepComment {
                    number: number.to_owned(),
                    text: text.to_owned(),
                    span,
                });
            } else if self.found.len() > before
                && let Some(step) = self.found.last_mut()
            {
                step.text.push(' ');
                step.text.push_str(line.trim());
            } else {
                self.errors.push(syn::Error::new(
                    span,
                    "a doc comment inside an algorithm is a step comment: `/// 4.1. Words`; use `//` for a remark",
                ));
            }
            false
        });
        before..self.found.len()
    }

    fn record(&self, steps: Range<usize>) -> TokenStream {
        steps.map(|step| self.record_one(step)).collect()
    }

    fn record_one(&self, step: usize) -> TokenStream {
        let span = self.found[step].span;
        match (&self.trace, self.records) {
            (_, Records::Never) => TokenStream::new(),
            (Some(trace), Records::Yes) => {
                quote_spanned!(span=> ::crossexam_web::trace::Trace::step(&#trace, &__STEPS[#step]);)
            }
            (None, Records::Yes) => {
                quote_spanned!(span=> ::crossexam_web::trace::reach::mark(&__STEPS[#step]);)
            }
        }
    }
}

impl VisitMut for StepComments {
    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut statements = Vec::with_capacity(block.stmts.len());
        for mut statement in std::mem::take(&mut block.stmts) {
            if let Some(attributes) = statement_attributes(&mut statement) {
                let steps = self.take(attributes);
                let record = self.record(steps);
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
        let steps = self.take(&mut arm.attrs);
        visit_mut::visit_arm_mut(self, arm);
        let record = self.record(steps);
        let body = &arm.body;
        if !record.is_empty() {
            *arm.body = parse_quote!({ #record #body });
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
