//! From HTML to the mutations of a tree, with the parser stopping at each script.
//!
//! html5ever does the parsing. The tree itself lives in the realm (`bootstrap/dom-tree.js`), where scripts may change
//! it while the parser waits; so the parser keeps no tree of its own, only the names of the elements it made, and says
//! what is to be done as a list of [`Mutation`]s.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, Namespace, QualName, TokenizerResult, ns};

/// A node's number within its parser; the document (or the fragment's root) is 0.
pub(crate) type NodeId = u32;

/// A change of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Makes an element.
    Element {
        id: NodeId,
        /// The namespace's URL.
        namespace: String,
        name: String,
        attributes: Vec<(String, String)>,
        /// The line of its start tag.
        line: u64,
        /// The number of a template's contents.
        contents: Option<NodeId>,
    },
    /// Makes a comment.
    Comment { id: NodeId, data: String },
    /// Appends a doctype to the document.
    Doctype { name: String },
    /// Appends a child.
    Append { parent: NodeId, child: Child },
    /// Inserts a node before another; it may be in the tree already.
    InsertBefore { sibling: NodeId, child: Child },
    /// Inserts before `table` if that has a parent, and else appends to `otherwise`.
    FosterParent {
        table: NodeId,
        otherwise: NodeId,
        child: Child,
    },
    /// Adds those attributes that are missing.
    AddAttributes {
        id: NodeId,
        attributes: Vec<(String, String)>,
    },
    /// Makes a form the owner of a control.
    FormOwner { control: NodeId, form: NodeId },
    /// Removes a node from its parent.
    Remove { id: NodeId },
    /// Moves all children of a node to the end of another.
    MoveChildren { from: NodeId, to: NodeId },
    /// The document is in quirks mode.
    Quirks,
    /// The script of this number is not to be run.
    AlreadyStarted { id: NodeId },
}

/// What is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Child {
    Node(NodeId),
    Text(String),
}

/// Why the parser stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At the end tag of this script.
    Script(NodeId),
    /// At the end of the input.
    End,
}

/// A parser and what is left of its input.
pub(crate) struct Parser {
    tokenizer: Tokenizer<TreeBuilder<Handle, Sink>>,
    input: BufferQueue,
    ended: Cell<bool>,
}

impl Parser {
    /// A parser of a document.
    pub(crate) fn document(html: &str, iframe_srcdoc: bool, scripting_enabled: bool) -> Self {
        let options = TreeBuilderOpts {
            iframe_srcdoc,
            scripting_enabled,
            ..TreeBuilderOpts::default()
        };
        let builder = TreeBuilder::new(Sink::new(), options);
        Self::new(Tokenizer::new(builder, TokenizerOpts::default()), html)
    }

    /// A parser of a fragment, as for `innerHTML` of an element of this name. The nodes end up as children of an
    /// `html` element in the document.
    pub(crate) fn fragment(html: &str, namespace: &str, name: &str, scripting: bool) -> Self {
        let sink = Sink::new();
        let name = QualName::new(None, Namespace::from(namespace), LocalName::from(name));
        let context = html5ever::tree_builder::create_element(&sink, name, Vec::new());
        let options = TreeBuilderOpts {
            scripting_enabled: scripting,
            ..TreeBuilderOpts::default()
        };
        let builder = TreeBuilder::new_for_fragment(sink, context, None, options);
        let initial_state = Some(builder.tokenizer_state_for_context_elem(scripting));
        let options = TokenizerOpts {
            initial_state,
            ..TokenizerOpts::default()
        };
        Self::new(Tokenizer::new(builder, options), html)
    }

    fn new(tokenizer: Tokenizer<TreeBuilder<Handle, Sink>>, html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        Self {
            tokenizer,
            input,
            ended: Cell::new(false),
        }
    }

    /// Goes on to the next script's end tag or to the end.
    pub(crate) fn run(&self) -> (Vec<Mutation>, Stop) {
        let stop = loop {
            if self.ended.get() {
                break Stop::End;
            }
            match self.tokenizer.feed(&self.input) {
                TokenizerResult::Script(node) => break Stop::Script(node.id),
                // NB: the host has decoded the document.
                TokenizerResult::EncodingIndicator(_) => {}
                TokenizerResult::Done => {
                    self.tokenizer.end();
                    self.ended.set(true);
                }
            }
        };
        (self.tokenizer.sink.sink.mutations.take(), stop)
    }
}

/// What the tree builder knows of a node.
pub(crate) type Handle = Rc<Node>;

#[derive(Debug)]
pub(crate) struct Node {
    id: NodeId,
    name: QualName,
    contents: Option<Handle>,
    integration_point: bool,
}

/// Writes down what the tree builder does.
struct Sink {
    document: Handle,
    next: Cell<NodeId>,
    line: Cell<u64>,
    mutations: RefCell<Vec<Mutation>>,
}

impl Sink {
    fn new() -> Self {
        let name = QualName::new(None, ns!(), LocalName::from(""));
        let document = Rc::new(Node {
            id: 0,
            name,
            contents: None,
            integration_point: false,
        });
        Self {
            document,
            next: Cell::new(1),
            line: Cell::new(1),
            mutations: RefCell::default(),
        }
    }

    fn push(&self, mutation: Mutation) {
        self.mutations.borrow_mut().push(mutation);
    }

    fn node(&self, name: QualName, contents: Option<Handle>, integration_point: bool) -> Handle {
        let id = self.next.get();
        self.next.set(id + 1);
        Rc::new(Node {
            id,
            name,
            contents,
            integration_point,
        })
    }
}

fn child(node: NodeOrText<Handle>) -> Child {
    match node {
        NodeOrText::AppendNode(node) => Child::Node(node.id),
        NodeOrText::AppendText(text) => Child::Text(text.into()),
    }
}

/// The qualified names and values of attributes.
fn pairs(attributes: Vec<Attribute>) -> Vec<(String, String)> {
    let name = |name: &QualName| match &name.prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", name.local),
        _ => name.local.to_string(),
    };
    attributes
        .into_iter()
        .map(|attribute| (name(&attribute.name), attribute.value.into()))
        .collect()
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = ();
    type ElemName<'a> = html5ever::ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Self::ElemName<'a> {
        target.name.expanded()
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> Handle {
        let contents = flags
            .template
            .then(|| self.node(QualName::new(None, ns!(), LocalName::from("")), None, false));
        let contents_id = contents.as_ref().map(|contents| contents.id);
        let node = self.node(
            name,
            contents,
            flags.mathml_annotation_xml_integration_point,
        );
        self.push(Mutation::Element {
            id: node.id,
            namespace: node.name.ns.to_string(),
            name: node.name.local.to_string(),
            attributes: pairs(attributes),
            line: self.line.get(),
            contents: contents_id,
        });
        node
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        let node = self.node(QualName::new(None, ns!(), LocalName::from("")), None, false);
        self.push(Mutation::Comment {
            id: node.id,
            data: text.into(),
        });
        node
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        // HTML makes a comment of it.
        self.create_comment(format!("?{target} {data}").into())
    }

    fn append(&self, parent: &Handle, node: NodeOrText<Handle>) {
        self.push(Mutation::Append {
            parent: parent.id,
            child: child(node),
        });
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        prev_element: &Handle,
        node: NodeOrText<Handle>,
    ) {
        self.push(Mutation::FosterParent {
            table: element.id,
            otherwise: prev_element.id,
            child: child(node),
        });
    }

    fn append_doctype_to_document(&self, name: StrTendril, _: StrTendril, _: StrTendril) {
        self.push(Mutation::Doctype { name: name.into() });
    }

    fn mark_script_already_started(&self, node: &Handle) {
        self.push(Mutation::AlreadyStarted { id: node.id });
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        // Only asked for templates; were it not, the contents would be the element itself.
        Rc::clone(target.contents.as_ref().unwrap_or(target))
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        if mode == QuirksMode::Quirks {
            self.push(Mutation::Quirks);
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        self.push(Mutation::InsertBefore {
            sibling: sibling.id,
            child: child(node),
        });
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.push(Mutation::AddAttributes {
            id: target.id,
            attributes: pairs(attributes),
        });
    }

    fn associate_with_form(&self, target: &Handle, form: &Handle, _: (&Handle, Option<&Handle>)) {
        self.push(Mutation::FormOwner {
            control: target.id,
            form: form.id,
        });
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.push(Mutation::Remove { id: target.id });
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.push(Mutation::MoveChildren {
            from: node.id,
            to: new_parent.id,
        });
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.integration_point
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }

    fn allow_declarative_shadow_roots(&self, _: &Handle) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mutations of a parse to the end, and how many scripts stopped it.
    fn all(parser: &Parser) -> (Vec<Mutation>, usize) {
        let (mut mutations, mut scripts) = (Vec::new(), 0);
        loop {
            let (more, stop) = parser.run();
            mutations.extend(more);
            match stop {
                Stop::Script(_) => scripts += 1,
                Stop::End => return (mutations, scripts),
            }
        }
    }

    #[test]
    fn parsing_stops_at_each_script_with_the_tree_so_far() {
        let parser = Parser::document("<p>one<script>a</script>two<script>b</script>", false, true);
        let (mutations, stop) = parser.run();
        assert!(matches!(stop, Stop::Script(_)));
        let text = |text: &str| Child::Text(text.to_owned());
        let has = |list: &[Mutation], wanted: &Child| {
            list.iter().any(
                |mutation| matches!(mutation, Mutation::Append { child, .. } if child == wanted),
            )
        };
        assert!(has(&mutations, &text("one")) && has(&mutations, &text("a")));
        assert!(!has(&mutations, &text("two")));
        let (rest, scripts) = all(&parser);
        assert!(has(&rest, &text("two")) && has(&rest, &text("b")));
        assert_eq!(scripts, 1);
    }

    #[test]
    fn a_fragment_of_a_textarea_is_text() {
        let parser = Parser::fragment("<b>x", "http://www.w3.org/1999/xhtml", "textarea", true);
        let text: String = all(&parser)
            .0
            .into_iter()
            .filter_map(|mutation| match mutation {
                Mutation::Append {
                    child: Child::Text(text),
                    ..
                } => Some(text),
                _ => None,
            })
            .collect();
        assert_eq!(text, "<b>x");
    }

    proptest::proptest! {
        #[test]
        fn every_text_comes_to_its_end(html in "\\PC*|(<[a-z/!]{0,9}[ a-z=\"'>]{0,9}|[<>&;a-z\u{0}\r\n]){0,60}") {
            let mut made = 1;
            for mutation in all(&Parser::document(&html, false, true)).0 {
                if let Mutation::Element { id, .. } | Mutation::Comment { id, .. } = mutation {
                    proptest::prop_assert!(id >= made);
                    made = id;
                }
            }
        }
    }
}
