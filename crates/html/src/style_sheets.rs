//! What style sheets ask for: the images, fonts and further sheets that they name, and for which elements.
//!
//! Style sheets are read by a tokenizer as CSS has it; of the properties only those count that ask for something.
//! <https://drafts.csswg.org/css-syntax-3/>

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
    parse_important,
};

use crate::media_queries::{Viewport, matches_the_environment};

/// A style sheet, as far as it asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StyleSheet {
    /// The URLs of its `@import` rules, as written.
    pub imports: Vec<String>,
    /// Its style rules with properties that can ask for something.
    pub rules: Vec<StyleRule>,
    /// Its fonts.
    pub font_faces: Vec<FontFace>,
    /// What in it may have asked for something and is not modelled.
    pub unmodelled: Vec<String>,
}

/// A style rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleRule {
    /// Its selectors, as written.
    pub selectors: String,
    /// The declarations of properties that can ask for something.
    pub declarations: Vec<Declaration>,
}

/// A declaration of a property that can ask for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The property; of a shorthand the longhand that asks.
    pub property: &'static str,
    /// Whether it is `!important`.
    pub important: bool,
    /// The URLs of its images as written, or the families of its fonts.
    pub values: Vec<String>,
}

/// A `@font-face` rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FontFace {
    /// Its family.
    pub family: String,
    /// The URLs of its sources, as written.
    pub sources: Vec<String>,
}

/// Parses a style sheet; `media` is what its element says.
pub fn parse_a_style_sheet(css: &str, media: &str, viewport: &Viewport) -> StyleSheet {
    let mut sheet = Reader {
        viewport,
        sheet: StyleSheet::default(),
        imports_end: false,
    };
    if sheet.applies(media) {
        sheet.read(&mut Parser::new(css));
    }
    sheet.sheet
}

/// Parses the declarations of a `style` attribute.
pub fn parse_a_style_attribute(css: &str) -> (Vec<Declaration>, Vec<String>) {
    let mut declarations = Declarations::default();
    declarations.read(&mut Parser::new(css));
    (declarations.found, declarations.unmodelled)
}

type Parsed<T> = Result<T, ParseError<()>>;

struct Reader<'a> {
    viewport: &'a Viewport,
    sheet: StyleSheet,
    /// Whether a rule has come behind which no import counts.
    imports_end: bool,
}

enum Prelude {
    Import { url: String, applies: bool },
    Block { applies: bool },
    FontFace,
}

impl Reader<'_> {
    fn read(&mut self, parser: &mut Parser<'_>) {
        let mut rules = StyleSheetParser::new(parser, self);
        // A rule that is none is skipped.
        while rules.next().is_some() {}
    }

    fn applies(&mut self, media: &str) -> bool {
        matches_the_environment(media, self.viewport).unwrap_or_else(|| {
            let what = format!("the media query `{}`", media.trim());
            self.sheet.unmodelled.push(what);
            false
        })
    }
}

fn rest<'i>(parser: &mut Parser<'i>) -> &'i str {
    let start = parser.position();
    while parser.next().is_ok() {}
    parser.slice_from(start)
}

impl<'i> AtRuleParser<'i> for Reader<'_> {
    type Prelude = Prelude;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Parsed<Prelude> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "import" if !self.imports_end => {
                let url = input.expect_url_or_string()?.to_string();
                let media = rest(input);
                let applies = self.applies(media);
                Ok(Prelude::Import { url, applies })
            }
            "media" => {
                let media = rest(input);
                let applies = self.applies(media);
                Ok(Prelude::Block { applies })
            }
            "font-face" => Ok(Prelude::FontFace),
            "supports" | "layer" | "container" | "scope" | "starting-style" => {
                let what = format!("`@{name}` in a style sheet");
                self.sheet.unmodelled.push(what);
                rest(input);
                Ok(Prelude::Block { applies: false })
            }
            _ => Err(ParseError::unexpected_token()),
        }
    }

    fn rule_without_block(&mut self, prelude: Prelude, _: &ParserState) -> Result<(), ()> {
        match prelude {
            Prelude::Import { url, applies } => {
                if applies {
                    self.sheet.imports.push(url);
                }
                Ok(())
            }
            Prelude::Block { .. } | Prelude::FontFace => Err(()),
        }
    }

    fn parse_block(
        &mut self,
        prelude: Prelude,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Parsed<()> {
        self.imports_end = true;
        match prelude {
            Prelude::Import { .. } => Err(ParseError::unexpected_token()),
            Prelude::Block { applies } => {
                if applies {
                    self.read(input);
                } else {
                    rest(input);
                }
                Ok(())
            }
            Prelude::FontFace => {
                let mut face = FontFaceReader::default();
                let mut declarations = RuleBodyParser::new(input, &mut face);
                while declarations.next().is_some() {}
                self.sheet.font_faces.push(face.0);
                Ok(())
            }
        }
    }
}

impl<'i> QualifiedRuleParser<'i> for Reader<'_> {
    type Prelude = String;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Parsed<String> {
        Ok(rest(input).trim().to_owned())
    }

    fn parse_block(
        &mut self,
        selectors: String,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Parsed<()> {
        self.imports_end = true;
        let mut declarations = Declarations::default();
        declarations.read(input);
        self.sheet.unmodelled.append(&mut declarations.unmodelled);
        if !declarations.found.is_empty() {
            self.sheet.rules.push(StyleRule {
                selectors,
                declarations: declarations.found,
            });
        }
        Ok(())
    }
}

/// The declarations of a rule.
///
/// MODEL: rules in rules are not read.
#[derive(Default)]
struct Declarations {
    found: Vec<Declaration>,
    unmodelled: Vec<String>,
}

impl Declarations {
    fn read(&mut self, parser: &mut Parser<'_>) {
        let mut body = RuleBodyParser::new(parser, self);
        while body.next().is_some() {}
    }
}

/// The longhand of a property that can ask for something.
fn longhand(property: &str) -> Option<&'static str> {
    Some(match property {
        "background" | "background-image" => "background-image",
        "border" | "border-image" | "border-image-source" => "border-image-source",
        "list-style" | "list-style-image" => "list-style-image",
        "content" => "content",
        "cursor" => "cursor",
        "font" | "font-family" => "font-family",
        _ => return None,
    })
}

/// Properties with references that are not modelled.
const UNMODELLED: [&str; 8] = [
    "mask",
    "mask-image",
    "mask-border",
    "mask-border-source",
    "filter",
    "backdrop-filter",
    "clip-path",
    "shape-outside",
];

impl<'i> DeclarationParser<'i> for Declarations {
    type Declaration = ();
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Parsed<()> {
        let name = name.to_ascii_lowercase();
        let mut value = Value::default();
        let Some(property) = longhand(&name) else {
            value.read(input);
            if UNMODELLED.contains(&name.as_str()) && !value.urls.is_empty() {
                self.unmodelled.push(format!("images of `{name}`"));
            }
            return Ok(());
        };
        value.read(input);
        if value.has_variables {
            self.unmodelled.push(format!("`var()` in `{name}`"));
        }
        let mut values = if property == "font-family" {
            value.families()
        } else {
            value.urls
        };
        // Of these what comes behind is for when the first fails.
        if property == "cursor" {
            values.truncate(1);
        }
        self.found.push(Declaration {
            property,
            important: value.important,
            values,
        });
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Declarations {
    type Prelude = ();
    type AtRule = ();
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for Declarations {
    type Prelude = ();
    type QualifiedRule = ();
    type Error = ();
}

impl RuleBodyItemParser<'_, (), ()> for Declarations {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct FontFaceReader(FontFace);

impl<'i> DeclarationParser<'i> for FontFaceReader {
    type Declaration = ();
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Parsed<()> {
        let mut value = Value::default();
        value.read(input);
        if name.eq_ignore_ascii_case("font-family") {
            self.0.family = value.families().into_iter().next().unwrap_or_default();
        } else if name.eq_ignore_ascii_case("src") {
            self.0.sources = value.urls;
        }
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for FontFaceReader {
    type Prelude = ();
    type AtRule = ();
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for FontFaceReader {
    type Prelude = ();
    type QualifiedRule = ();
    type Error = ();
}

impl RuleBodyItemParser<'_, (), ()> for FontFaceReader {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// What counts of a property's value.
#[derive(Default)]
struct Value {
    urls: Vec<String>,
    /// The words of each part between commas.
    groups: Vec<Vec<String>>,
    important: bool,
    has_variables: bool,
}

impl Value {
    fn read(&mut self, input: &mut Parser<'_>) {
        self.groups.push(Vec::new());
        loop {
            if input.try_parse(parse_important).is_ok() {
                self.important = true;
                continue;
            }
            let Ok(token) = input.next().cloned() else {
                return;
            };
            match token {
                Token::UnquotedUrl(url) => self.urls.push(url.to_string()),
                Token::Function(name) => self.function(&name, input),
                Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => {
                    let _ = input.parse_nested_block(|input| {
                        self.read(input);
                        Parsed::Ok(())
                    });
                }
                Token::Comma => self.groups.push(Vec::new()),
                Token::Ident(word) | Token::QuotedString(word) => {
                    if let Some(group) = self.groups.last_mut() {
                        group.push(word.to_string());
                    }
                }
                // In `font` the family is what comes behind the size.
                Token::Dimension { .. } | Token::Percentage { .. } | Token::Number { .. } => {
                    if let Some(group) = self.groups.last_mut() {
                        group.clear();
                    }
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, name: &str, input: &mut Parser<'_>) {
        let name = name.to_ascii_lowercase();
        self.has_variables |= name == "var";
        let _ = input.parse_nested_block(|input| {
            match name.as_str() {
                "url" | "src" => {
                    if let Ok(url) = input.expect_string() {
                        self.urls.push(url.to_string());
                    }
                    rest(input);
                }
                // MODEL: the first image of a set is taken.
                "image-set" | "-webkit-image-set" => {
                    if let Ok(url) = input.expect_url_or_string() {
                        self.urls.push(url.to_string());
                    }
                    rest(input);
                }
                _ => {
                    let mut nested = Self::default();
                    nested.read(input);
                    self.urls.append(&mut nested.urls);
                    self.has_variables |= nested.has_variables;
                }
            }
            Parsed::Ok(())
        });
    }

    fn families(&self) -> Vec<String> {
        let families = self.groups.iter().filter(|group| !group.is_empty());
        families
            .map(|group| group.join(" ").to_lowercase())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(css: &str) -> StyleSheet {
        parse_a_style_sheet(css, "", &Viewport::default())
    }

    fn declared(css: &str) -> Vec<(&'static str, bool, String)> {
        let (declarations, _) = parse_a_style_attribute(css);
        declarations
            .into_iter()
            .map(|it| (it.property, it.important, it.values.join(" ")))
            .collect()
    }

    #[test]
    fn properties_ask_for_images() {
        let cases = [
            (
                "background: red url(a) no-repeat, url( \"b\" )",
                "background-image",
                "a b",
            ),
            (
                "background-image: linear-gradient(red, blue)",
                "background-image",
                "",
            ),
            (
                "BACKGROUND-IMAGE: URL('a\\\"b')",
                "background-image",
                "a\"b",
            ),
            ("border-image: url(a) 30 round", "border-image-source", "a"),
            ("border: 1px solid", "border-image-source", ""),
            ("content: url(a) / 'text'", "content", "a"),
            ("cursor: url(a) 1 2, url(b), auto", "cursor", "a"),
            ("list-style: inside url(a)", "list-style-image", "a"),
            (
                "background: image-set(url(a) 1x, url(b) 2x)",
                "background-image",
                "a",
            ),
            (
                "background: cross-fade(url(a), url(b))",
                "background-image",
                "a b",
            ),
            (
                "font: bold 12px/1.5 Old  Style, 'Serif'",
                "font-family",
                "old style serif",
            ),
        ];
        for (css, property, values) in cases {
            assert_eq!(
                declared(css),
                [(property, false, values.to_owned())],
                "{css}"
            );
        }
        assert_eq!(
            declared("color: red; cursor: url(a) !important; junk; content: none"),
            [
                ("cursor", true, "a".to_owned()),
                ("content", false, String::new())
            ]
        );
        assert_eq!(declared("color: url(a); --x: url(b)"), []);
    }

    #[test]
    fn a_sheet_has_rules_fonts_and_imports() {
        let sheet = sheet(
            "@charset \"utf-8\"; @import 'a.css'; @import url(b.css) print; @import \"c.css\" screen;
             p, .x > y { color: red; background: url(p) } q { color: red }
             @import 'late.css';
             @font-face { font-family: \"My Font\"; src: local(x), url(f.woff2) format('woff2'), url(f.woff) }
             @media (max-width: 5px) { r { background: url(r) } }
             @media screen { s { background: url(s) } @media print { t { background: url(t) } } }
             } broken { background: url(u) } v { background: url(v) }",
        );
        assert_eq!(sheet.imports, ["a.css", "c.css"]);
        let rules: Vec<_> = sheet
            .rules
            .iter()
            .map(|rule| {
                (
                    rule.selectors.as_str(),
                    rule.declarations[0].values.join(" "),
                )
            })
            .collect();
        assert_eq!(rules[0], ("p, .x > y", "p".to_owned()));
        assert_eq!(rules[1], ("s", "s".to_owned()));
        assert_eq!(rules.last(), Some(&("v", "v".to_owned())));
        assert_eq!(
            sheet.font_faces,
            [FontFace {
                family: "my font".to_owned(),
                sources: vec!["f.woff2".to_owned(), "f.woff".to_owned()],
            }]
        );
        assert_eq!(sheet.unmodelled, [""; 0]);
        let other = parse_a_style_sheet("p { background: url(p) }", "print", &Viewport::default());
        assert_eq!(other, StyleSheet::default());
    }

    #[test]
    fn what_is_not_modelled_is_said() {
        let sheet = sheet(
            "@supports (display: grid) { p { background: url(p) } } p { background: var(--x); filter: url(f); mask: none }",
        );
        assert_eq!(
            sheet.unmodelled,
            [
                "`@supports` in a style sheet",
                "`var()` in `background`",
                "images of `filter`"
            ]
        );
        assert_eq!(
            parse_a_style_attribute("mask: url(m)").1,
            ["images of `mask`"]
        );
    }
}
