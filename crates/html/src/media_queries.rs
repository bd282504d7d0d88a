//! Media queries, as far as they decide what is asked for.
//!
//! <https://drafts.csswg.org/mediaqueries-4/>

use cssparser::{Delimiter, ParseError, Parser, Token};

/// What a page is shown on.
///
/// MODEL: every window is of this size, and nothing changes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Its width in CSS pixels.
    pub width: f64,
    /// Its height in CSS pixels.
    pub height: f64,
    /// Device pixels for each CSS pixel.
    pub pixel_ratio: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self {
            width: 1280.0,
            height: 720.0,
            pixel_ratio: 1.0,
        }
    }
}

type Parsed<T> = Result<T, ParseError<()>>;

/// Whether a list of media queries matches; an empty one does. `None` if something in it is not known here, so that it
/// cannot be said.
pub fn matches_the_environment(media: &str, viewport: &Viewport) -> Option<bool> {
    let mut parser = Parser::new(media);
    if parser.is_exhausted() {
        return Some(true);
    }
    let mut result = Some(false);
    while !parser.is_exhausted() {
        let query = parser.parse_until_after(Delimiter::Comma, |parser| query(parser, viewport));
        // NB: a query that is broken is "not all", as if it did not match.
        result = or(result, query.unwrap_or(Some(false)));
    }
    result
}

/// A length in CSS pixels; `None` if it is none, or of a unit that needs a layout.
pub(crate) fn length(token: &Token<'_>, viewport: &Viewport) -> Option<f64> {
    match token {
        Token::Number { value, .. } if *value == 0.0 => Some(0.0),
        Token::Dimension { value, unit, .. } => {
            let factor = match unit.to_ascii_lowercase().as_str() {
                "px" => 1.0,
                // NB: in a media query an em is that of the initial font size.
                "em" | "rem" => 16.0,
                "in" => 96.0,
                "cm" => 96.0 / 2.54,
                "mm" => 96.0 / 25.4,
                "pt" => 96.0 / 72.0,
                "pc" => 16.0,
                "vw" => viewport.width / 100.0,
                "vh" => viewport.height / 100.0,
                "vmin" => viewport.width.min(viewport.height) / 100.0,
                "vmax" => viewport.width.max(viewport.height) / 100.0,
                _ => return None,
            };
            Some(f64::from(*value) * factor)
        }
        _ => None,
    }
}

fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), other) => other,
        (None, _) => None,
    }
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), other) => other,
        (None, _) => None,
    }
}

fn query(parser: &mut Parser<'_>, viewport: &Viewport) -> Parsed<Option<bool>> {
    let typed = parser.try_parse(|parser| -> Parsed<(bool, bool)> {
        let first = parser.expect_ident_cloned()?;
        let negated = first.eq_ignore_ascii_case("not");
        let media_type = if negated || first.eq_ignore_ascii_case("only") {
            parser.expect_ident_cloned()?
        } else {
            first
        };
        let shown = ["all", "screen"];
        let matches = shown.iter().any(|it| media_type.eq_ignore_ascii_case(it));
        Ok((negated, matches))
    });
    let Ok((negated, matches)) = typed else {
        return condition(parser, viewport);
    };
    let mut result = Some(matches);
    while !parser.is_exhausted() {
        parser.expect_ident_matching("and")?;
        result = and(result, in_parens(parser, viewport)?);
    }
    Ok(result.map(|result| result != negated))
}

/// A media condition.
pub(crate) fn condition(parser: &mut Parser<'_>, viewport: &Viewport) -> Parsed<Option<bool>> {
    let word = |parser: &mut Parser<'_>, word: &str| {
        let found = parser.try_parse(|parser| parser.expect_ident_matching(word));
        found.is_ok()
    };
    if word(parser, "not") {
        return Ok(in_parens(parser, viewport)?.map(|inner| !inner));
    }
    let mut result = in_parens(parser, viewport)?;
    loop {
        if word(parser, "and") {
            result = and(result, in_parens(parser, viewport)?);
        } else if word(parser, "or") {
            result = or(result, in_parens(parser, viewport)?);
        } else {
            return Ok(result);
        }
    }
}

fn in_parens(parser: &mut Parser<'_>, viewport: &Viewport) -> Parsed<Option<bool>> {
    parser.expect_parenthesis_block()?;
    parser.parse_nested_block(|parser| {
        let nested = parser.try_parse(|parser| {
            let nested = condition(parser, viewport)?;
            parser.expect_exhausted()?;
            Ok::<_, ParseError<()>>(nested)
        });
        nested.or_else(|_| feature(parser, viewport))
    })
}

fn feature(parser: &mut Parser<'_>, viewport: &Viewport) -> Parsed<Option<bool>> {
    let name = parser.expect_ident_cloned()?.to_ascii_lowercase();
    if parser.is_exhausted() {
        return Ok(match name.as_str() {
            "width" | "height" | "resolution" | "color" => Some(true),
            _ => None,
        });
    }
    let comparison = match parser.next()?.clone() {
        Token::Colon => "",
        Token::Delim('<') => "<",
        Token::Delim('>') => ">",
        Token::Delim('=') => "=",
        _ => return Err(ParseError::unexpected_token()),
    };
    let inclusive = comparison.is_empty() || parser.try_parse(|it| it.expect_delim('=')).is_ok();
    let value = parser.next()?.clone();
    parser.expect_exhausted()?;
    let (bound, feature) = match (name.split_once('-'), comparison) {
        (Some(("min", feature)), "") => (">", feature),
        (Some(("max", feature)), "") => ("<", feature),
        (_, "") => ("=", name.as_str()),
        (_, comparison) => (comparison, name.as_str()),
    };
    let (actual, wanted) = match feature {
        "width" => (viewport.width, length(&value, viewport)),
        "height" => (viewport.height, length(&value, viewport)),
        "resolution" => (viewport.pixel_ratio, resolution(&value)),
        "orientation" => {
            let landscape = viewport.width > viewport.height;
            return Ok(match &value {
                Token::Ident(it) if it.eq_ignore_ascii_case("landscape") => Some(landscape),
                Token::Ident(it) if it.eq_ignore_ascii_case("portrait") => Some(!landscape),
                _ => Some(false),
            });
        }
        _ => return Ok(None),
    };
    Ok(wanted.map(|wanted| match bound {
        ">" => actual > wanted || (inclusive && actual == wanted),
        "<" => actual < wanted || (inclusive && actual == wanted),
        _ => actual == wanted,
    }))
}

fn resolution(token: &Token<'_>) -> Option<f64> {
    let Token::Dimension { value, unit, .. } = token else {
        return None;
    };
    let factor = match unit.to_ascii_lowercase().as_str() {
        "x" | "dppx" => 1.0,
        "dpi" => 1.0 / 96.0,
        "dpcm" => 2.54 / 96.0,
        _ => return None,
    };
    Some(f64::from(*value) * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_held_against_the_viewport() {
        let cases = [
            ("", Some(true)),
            ("all", Some(true)),
            ("Screen", Some(true)),
            ("print", Some(false)),
            ("not print", Some(true)),
            ("only screen and (min-width: 600px)", Some(true)),
            ("(max-width: 600px)", Some(false)),
            ("(width: 1280px)", Some(true)),
            ("(width > 1280px)", Some(false)),
            ("(width >= 80em)", Some(true)),
            ("(height<800px)", Some(true)),
            ("(orientation: landscape)", Some(true)),
            ("(min-resolution: 2dppx)", Some(false)),
            ("not (max-width: 600px)", Some(true)),
            ("(max-width: 600px) or (min-height: 10px)", Some(true)),
            ("((max-width: 600px) and (color)), print", Some(false)),
            ("print, screen", Some(true)),
            ("(((", Some(false)),
            // What is not known cannot be said, unless the rest decides.
            ("(hover: hover)", None),
            ("(hover: hover), screen", Some(true)),
            ("print and (hover: hover)", Some(false)),
        ];
        for (media, expected) in cases {
            let matches = matches_the_environment(media, &Viewport::default());
            assert_eq!(matches, expected, "{media}");
        }
    }
}
