//! The parser's mutations on their way to the realm.

use rquickjs::{Array, Ctx, IntoJs};

use super::parser::{Child, Mutation};

/// The mutations as a flat list, which `applyMutations` in `dom-parsing.js` reads.
pub(super) fn list<'js>(ctx: &Ctx<'js>, mutations: Vec<Mutation>) -> rquickjs::Result<Array<'js>> {
    struct List<'js>(Array<'js>, usize);
    impl<'js> List<'js> {
        fn push(&mut self, value: impl IntoJs<'js>) -> rquickjs::Result<()> {
            self.1 += 1;
            self.0.set(self.1 - 1, value)
        }
        fn child(&mut self, child: Child) -> rquickjs::Result<()> {
            match child {
                Child::Node(id) => self.push(id),
                Child::Text(text) => self.push(text),
            }
        }
        fn attributes(&mut self, attributes: Vec<(String, String)>) -> rquickjs::Result<()> {
            self.push(attributes.len())?;
            for (name, value) in attributes {
                self.push(name)?;
                self.push(value)?;
            }
            Ok(())
        }
    }
    let mut list = List(Array::new(ctx.clone())?, 0);
    for mutation in mutations {
        match mutation {
            Mutation::Element {
                id,
                namespace,
                name,
                attributes,
                line,
                contents,
            } => {
                list.push(0)?;
                list.push(id)?;
                list.push(namespace)?;
                list.push(name)?;
                list.push(line as f64)?;
                list.push(contents)?;
                list.attributes(attributes)?;
            }
            Mutation::Comment { id, data } => {
                list.push(1)?;
                list.push(id)?;
                list.push(data)?;
            }
            Mutation::Doctype { name } => {
                list.push(2)?;
                list.push(name)?;
            }
            Mutation::Append { parent, child } => {
                list.push(3)?;
                list.push(parent)?;
                list.child(child)?;
            }
            Mutation::InsertBefore { sibling, child } => {
                list.push(4)?;
                list.push(sibling)?;
                list.child(child)?;
            }
            Mutation::FosterParent {
                table,
                otherwise,
                child,
            } => {
                list.push(5)?;
                list.push(table)?;
                list.push(otherwise)?;
                list.child(child)?;
            }
            Mutation::AddAttributes { id, attributes } => {
                list.push(6)?;
                list.push(id)?;
                list.attributes(attributes)?;
            }
            Mutation::FormOwner { control, form } => {
                list.push(7)?;
                list.push(control)?;
                list.push(form)?;
            }
            Mutation::Remove { id } => {
                list.push(8)?;
                list.push(id)?;
            }
            Mutation::MoveChildren { from, to } => {
                list.push(9)?;
                list.push(from)?;
                list.push(to)?;
            }
            Mutation::Quirks => list.push(10)?,
            Mutation::AlreadyStarted { id } => {
                list.push(11)?;
                list.push(id)?;
            }
        }
    }
    Ok(list.0)
}
