//! The transcribed algorithms of a source file.

use syn::visit::{self, Visit};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, Signature};

use crate::step_comments::{Arguments, StepComment, StepComments};

/// A function under `#[algorithm(…)]`.
#[derive(Debug, Clone)]
pub struct Transcribed {
    /// The standard, by its name in the code.
    pub standard: String,
    /// The algorithm's anchor.
    pub id: String,
    /// The function's name.
    pub function: String,
    /// Its steps, in the order of the source.
    pub steps: Vec<StepComment>,
}

/// The transcribed algorithms of a source text, wherever they stand in it.
///
/// # Errors
///
/// The text is no Rust.
pub fn transcribed_in(source: &str) -> syn::Result<Vec<Transcribed>> {
    let mut finder = Finder { found: Vec::new() };
    finder.visit_file(&syn::parse_file(source)?);
    Ok(finder.found)
}

struct Finder {
    found: Vec<Transcribed>,
}

impl Finder {
    fn take(&mut self, attributes: &[Attribute], signature: &Signature, block: &Block) {
        for attribute in attributes {
            if !attribute.path().is_ident("algorithm") {
                continue;
            }
            // Arguments that do not parse are the macro's to complain of.
            let Ok(arguments) = attribute.parse_args::<Arguments>() else {
                continue;
            };
            let mut steps = StepComments::default();
            steps.visit_block_mut(&mut block.clone());
            self.found.push(Transcribed {
                standard: arguments.standard.to_string(),
                id: arguments.id.value(),
                function: signature.ident.to_string(),
                steps: steps.found,
            });
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.take(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.take(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.take(&item.attrs, &item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_kind_of_function_is_found() {
        let source = r#"
            #[algorithm("one")]
            fn one(trace: &Trace) {
                /// 1. A
                /// longer one.
                let x = 1;
                if x == 1 {
                    /// 2.1. Within.
                    return;
                }
                /// 2.1.1. One statement,
                /// 2.1.2. two steps, the second
                /// in two lines.
                call();
                match x {
                    /// 2.2. An arm.
                    _ => {}
                }
                // 3. is a remark.
                let _ = || {
                    /// 4. In a closure.
                    call();
                };
            }
            mod inner {
                impl Thing {
                    #[algorithm(Html, "two", untraced)]
                    pub const fn two() { /// 1. One.
                        f() }
                }
                /// 1. No algorithm.
                fn none() {}
            }
        "#;
        let found = transcribed_in(source).unwrap();
        let list: Vec<_> = found
            .iter()
            .map(|it| {
                let numbers: Vec<_> = it.steps.iter().map(|step| &step.number[..]).collect();
                (&it.standard[..], &it.id[..], &it.function[..], numbers)
            })
            .collect();
        assert_eq!(
            list,
            [
                (
                    "Fetch",
                    "one",
                    "one",
                    vec!["1", "2.1", "2.1.1", "2.1.2", "2.2", "4"]
                ),
                ("Html", "two", "two", vec!["1"]),
            ]
        );
        assert_eq!(found[0].steps[0].text, "A longer one.");
        assert_eq!(
            found[0].steps[3].text,
            "two steps, the second in two lines."
        );
    }
}
