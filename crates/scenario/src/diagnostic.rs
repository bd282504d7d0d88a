//! What is wrong with a scenario's files: where, what was expected, and the nearest right word.

use std::ops::Range;
use std::rc::Rc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file's text, and the name under which people know it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name, for example `tests/scenarios/S04-withheld/scenario.toml`.
    pub path: String,
    /// The text.
    pub text: String,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can be run, but somebody probably meant something else.
    Warning,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The file.
    pub source: Rc<SourceFile>,
    /// Where in the file, in bytes; `None` for the file as a whole.
    pub span: Option<Range<usize>>,
    /// What to write under the place.
    pub label: String,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        source: &Rc<SourceFile>,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            source: Rc::clone(source),
            span,
            label: String::new(),
            help: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(
        source: &Rc<SourceFile>,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(source, span, message)
        }
    }

    /// With words under the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The line and the column, both from 1, the column in characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        let at = self
            .span
            .as_ref()
            .map_or(0, |span| span.start)
            .min(self.source.text.len());
        let before = self.source.text.get(..at).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// How diagnostics are drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With colours (ANSI escapes).
    pub color: bool,
    /// With box-drawing characters instead of ASCII.
    pub unicode: bool,
}

/// Draws one diagnostic with an excerpt of its file.
pub fn render(diagnostic: &Diagnostic, style: Style) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer
        .decor_style(if style.unicode {
            DecorStyle::Unicode
        } else {
            DecorStyle::Ascii
        })
        .term_width(100);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let text = diagnostic.source.text.as_str();
    let mut group = match &diagnostic.span {
        Some(span) if span.end <= text.len() && !text.is_empty() => {
            let mut annotation = AnnotationKind::Primary.span(span.clone());
            if !diagnostic.label.is_empty() {
                annotation = annotation.label(diagnostic.label.as_str());
            }
            title.element(
                Snippet::source(text)
                    .path(diagnostic.source.path.as_str())
                    .annotation(annotation),
            )
        }
        Some(_) | None => Group::with_title(title).element(annotate_snippets::Origin::path(
            diagnostic.source.path.as_str(),
        )),
    };
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The word among `words` that was probably meant, if one is near enough.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    words
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (candidate, distance)
        })
        .filter(|(candidate, distance)| *distance <= 1 + candidate.len().max(word.len()) / 4)
        .min_by_key(|(_, distance)| *distance)
        .map(|(candidate, _)| candidate)
}

/// Words in a row for people: `a`, `b` and `c`.
pub fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// What there is to choose from: ``there are `a` and `b` ``.
pub fn there_are<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    format!(
        "there {} {}",
        if words.len() == 1 { "is" } else { "are" },
        listed(words)
    )
}
