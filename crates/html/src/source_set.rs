//! Which image an `img` takes, of those that it and its `picture` name.
//!
//! <https://html.spec.whatwg.org/multipage/images.html#updating-the-source-set>

use crossexam_web::algorithm;
use crossexam_web::mime;
use cssparser::{Delimiter, ParseError, Parser};

use crate::media_queries::{Viewport, condition, length, matches_the_environment};

/// An image source: a URL and what is said of the image there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImageSource {
    /// The URL as written.
    pub url: String,
    /// The width descriptor.
    pub width: Option<f64>,
    /// The pixel density descriptor.
    pub density: Option<f64>,
}

/// What an `img` or a `source` says; everything as written.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceAttributes<'a> {
    /// `src`: counts for an `img` alone.
    pub src: Option<&'a str>,
    /// `srcset`
    pub srcset: Option<&'a str>,
    /// `sizes`
    pub sizes: Option<&'a str>,
    /// `media`: counts for a `source` alone.
    pub media: Option<&'a str>,
    /// `type`: counts for a `source` alone.
    pub content_type: Option<&'a str>,
}

/// What was selected.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// The source, or `None`.
    pub source: Option<ImageSource>,
    /// Media queries that decided something and are not understood.
    pub unmodelled: Vec<String>,
}

/// Selects the image source of an `img`. `sources` are the `source` elements before it in its `picture`.
#[algorithm(Html, "select-an-image-source", untraced)]
pub fn select_an_image_source(
    sources: &[SourceAttributes<'_>],
    img: &SourceAttributes<'_>,
    viewport: &Viewport,
) -> Selection {
    let mut unmodelled = Vec::new();
    /// 1. The source set is that of the first element that has one.
    let source_set = update_the_source_set(sources, img, viewport, &mut unmodelled);
    /// 3. From it, a source is selected.
    let source = select_from_a_source_set(source_set, viewport);
    Selection { source, unmodelled }
}

/// The image types that are supported.
const IMAGE_TYPES: [&str; 9] = [
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "image/x-icon",
];

#[algorithm(Html, "update-the-source-set", untraced)]
fn update_the_source_set(
    sources: &[SourceAttributes<'_>],
    img: &SourceAttributes<'_>,
    viewport: &Viewport,
    unmodelled: &mut Vec<String>,
) -> Vec<ImageSource> {
    for source in sources {
        // A `source` without images is skipped,
        let Some(srcset) = source.srcset else {
            continue;
        };
        let candidates = parse_a_srcset_attribute(srcset);
        if candidates.is_empty() {
            continue;
        }
        // and so is one for another environment
        if let Some(media) = source.media {
            match matches_the_environment(media, viewport) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    unmodelled.push(format!("the media query `{media}`"));
                    continue;
                }
            }
        }
        // or of an image type that is not known.
        if let Some(content_type) = source.content_type
            && !mime::parse(content_type).is_some_and(|it| IMAGE_TYPES.contains(&it.essence()))
        {
            continue;
        }
        return normalize_source_densities(candidates, source.sizes, viewport, unmodelled);
    }
    // The element itself.
    let mut candidates = img.srcset.map_or_else(Vec::new, parse_a_srcset_attribute);
    let has_default = candidates
        .iter()
        .any(|it| it.width.is_some() || it.density.is_none_or(|density| density == 1.0));
    if let Some(src) = img.src.filter(|src| !src.is_empty())
        && !has_default
    {
        candidates.push(ImageSource {
            url: src.to_owned(),
            ..ImageSource::default()
        });
    }
    normalize_source_densities(candidates, img.sizes, viewport, unmodelled)
}

/// The densest image of those that are not too dense, or the least dense: what browsers do where the choice is theirs.
#[algorithm(Html, "select-an-image-source-from-a-source-set", untraced)]
fn select_from_a_source_set(
    source_set: Vec<ImageSource>,
    viewport: &Viewport,
) -> Option<ImageSource> {
    let density = |source: &ImageSource| source.density.unwrap_or(1.0);
    let mut selected: Option<ImageSource> = None;
    for source in source_set {
        /// 1. Of images with the same density the first counts.
        let better = selected.as_ref().is_none_or(|selected| {
            let (new, old) = (density(&source), density(selected));
            if old >= viewport.pixel_ratio {
                new >= viewport.pixel_ratio && new < old
            } else {
                new > old
            }
        });
        if better {
            selected = Some(source);
        }
    }
    /// 2. One of them is chosen.
    selected
}

#[algorithm(Html, "normalise-the-source-densities", untraced)]
fn normalize_source_densities(
    mut sources: Vec<ImageSource>,
    sizes: Option<&str>,
    viewport: &Viewport,
    unmodelled: &mut Vec<String>,
) -> Vec<ImageSource> {
    /// 1. How wide the image will be shown.
    let size = parse_a_sizes_attribute(sizes.unwrap_or_default(), viewport, unmodelled);
    for source in &mut sources {
        /// 2. A width and that size make a density; without any it is 1.
        source.density = match (source.density, source.width) {
            (Some(density), _) => Some(density),
            (None, Some(width)) => Some(width / size),
            (None, None) => Some(1.0),
        };
    }
    sources
}

/// The size that a `sizes` attribute comes to, in CSS pixels.
///
/// MODEL: sizes are single lengths; `auto` and `calc()` are skipped.
#[algorithm(Html, "parse-a-sizes-attribute", untraced)]
pub fn parse_a_sizes_attribute(
    sizes: &str,
    viewport: &Viewport,
    unmodelled: &mut Vec<String>,
) -> f64 {
    let mut parser = Parser::new(sizes);
    while !parser.is_exhausted() {
        /// 3. Each part between commas has a size, and a condition before it unless it holds always.
        let parsed = parser.parse_until_after(Delimiter::Comma, |parser| {
            let start = parser.position();
            let matches = parser
                .try_parse(|parser| condition(parser, viewport))
                .unwrap_or(Some(true));
            if matches.is_none() {
                let condition = parser.slice_from(start).trim();
                unmodelled.push(format!("the media condition `{condition}`"));
            }
            let size = parser.next()?;
            let size = length(size, viewport).filter(|_| matches == Some(true));
            Ok::<_, ParseError<()>>(size)
        });
        if let Ok(Some(size)) = parsed {
            return size;
        }
    }
    /// 4. Without any it is as wide as the viewport.
    viewport.width
}

/// The images that a `srcset` attribute names.
#[algorithm(Html, "parse-a-srcset-attribute", untraced)]
pub fn parse_a_srcset_attribute(input: &str) -> Vec<ImageSource> {
    let is_space = |character: char| character.is_ascii_whitespace();
    let mut candidates = Vec::new();
    let mut rest = input;
    loop {
        /// 4. Splitting loop: spaces and commas are skipped.
        rest = rest.trim_start_matches(|character| is_space(character) || character == ',');
        if rest.is_empty() {
            /// 5. At the end, these are all.
            return candidates;
        }
        /// 6. What is no space is the URL.
        let (url, after) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        let descriptors = if url.ends_with(',') {
            /// 8. Commas at its end say that it has no descriptors;
            rest = after;
            Vec::new()
        } else {
            /// 9. otherwise these follow.
            let (descriptors, after) = tokenize_descriptors(after);
            rest = after;
            descriptors
        };
        /// 14. Descriptors that contradict each other spoil the candidate.
        if let Some((width, density)) = parse_descriptors(&descriptors) {
            let url = url.trim_end_matches(',').to_owned();
            candidates.push(ImageSource {
                url,
                width,
                density,
            });
        }
    }
}

/// The descriptors up to the comma that ends them, and what comes after. A comma in parentheses ends nothing.
fn tokenize_descriptors(input: &str) -> (Vec<&str>, &str) {
    let mut in_parens = false;
    let end = input.find(|character| {
        match character {
            '(' => in_parens = true,
            ')' => in_parens = false,
            _ => {}
        }
        character == ',' && !in_parens
    });
    let (descriptors, rest) = input.split_at(end.unwrap_or(input.len()));
    let mut in_parens = false;
    let descriptors = descriptors.split(|character: char| {
        match character {
            '(' => in_parens = true,
            ')' => in_parens = false,
            _ => {}
        }
        character.is_ascii_whitespace() && !in_parens
    });
    (descriptors.filter(|it| !it.is_empty()).collect(), rest)
}

/// Width and density; `None` if the descriptors are wrong.
fn parse_descriptors(descriptors: &[&str]) -> Option<(Option<f64>, Option<f64>)> {
    let (mut width, mut density, mut height) = (None, None, None);
    for descriptor in descriptors {
        let end = descriptor.char_indices().next_back()?.0;
        let (value, unit) = descriptor.split_at(end);
        let slot = match unit {
            "w" if density.is_none() => &mut width,
            "x" if width.is_none() && height.is_none() => &mut density,
            // It is for the future, and needs a width.
            "h" if density.is_none() => &mut height,
            _ => return None,
        };
        let number = if unit == "x" {
            floating_point(value).filter(|it| *it >= 0.0)?
        } else {
            let is_integer = !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit());
            is_integer
                .then(|| floating_point(value))?
                .filter(|it| *it > 0.0)?
        };
        if slot.replace(number).is_some() {
            return None;
        }
    }
    (height.is_none() || width.is_some()).then_some((width, density))
}

/// A valid floating-point number, which has no `+` and ends in a digit.
fn floating_point(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches('-');
    let begins = digits.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    let ends = text.ends_with(|it: char| it.is_ascii_digit());
    let number: f64 = (begins && ends).then(|| text.parse().ok())??;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(srcset: &str) -> Vec<(String, Option<f64>, Option<f64>)> {
        parse_a_srcset_attribute(srcset)
            .into_iter()
            .map(|it| (it.url, it.width, it.density))
            .collect()
    }

    fn plain(url: &str) -> (String, Option<f64>, Option<f64>) {
        (url.to_owned(), None, None)
    }

    #[test]
    fn a_srcset_is_read_as_it_is_written() {
        assert_eq!(parsed(""), []);
        assert_eq!(parsed(" , ,"), []);
        assert_eq!(parsed("a"), [plain("a")]);
        assert_eq!(parsed("a,b"), [plain("a,b")]);
        assert_eq!(parsed("a, b,, c"), [plain("a"), plain("b"), plain("c")]);
        assert_eq!(parsed("data:,a 1x"), [("data:,a".into(), None, Some(1.0))]);
        assert_eq!(
            parsed("a 1.5x,b 100w"),
            [
                ("a".into(), None, Some(1.5)),
                ("b".into(), Some(100.0), None)
            ]
        );
        assert_eq!(
            parsed("a 10w 5h"),
            [("a".into(), Some(10.0), None)],
            "a height is skipped"
        );
        // The bracket keeps its comma and its space.
        assert_eq!(parsed("a (b, c) 1x, d"), [plain("d")]);
        for wrong in [
            "a 0w", "a -1w", "a 1.5w", "a 1x 1x", "a 1x 1w", "a 1w 1x", "a 5h", "a 1", "a x",
            "a +1x", "a 1.x", "a 1q", "a 1é", "a 1x 5h",
        ] {
            assert_eq!(parsed(wrong), [], "{wrong}");
        }
    }

    fn selected(sources: &[SourceAttributes<'_>], img: SourceAttributes<'_>) -> Option<String> {
        let selection = select_an_image_source(sources, &img, &Viewport::default());
        assert_eq!(selection.unmodelled, [""; 0]);
        selection.source.map(|source| source.url)
    }

    fn img<'a>(src: &'a str, srcset: &'a str, sizes: &'a str) -> SourceAttributes<'a> {
        SourceAttributes {
            src: Some(src),
            srcset: Some(srcset),
            sizes: Some(sizes),
            ..SourceAttributes::default()
        }
    }

    #[test]
    fn the_image_that_fits_is_taken() {
        let of = |src, srcset, sizes| selected(&[], img(src, srcset, sizes));
        assert_eq!(of("a", "", "").as_deref(), Some("a"));
        assert_eq!(of("", "", ""), None);
        assert_eq!(selected(&[], SourceAttributes::default()), None);
        assert_eq!(of("a", "b 2x", "").as_deref(), Some("a"));
        assert_eq!(of("a", "b", "").as_deref(), Some("b"));
        assert_eq!(of("", "b 2x, c 3x", "").as_deref(), Some("b"));
        assert_eq!(of("", "b 0.5x, c 0.7x", "").as_deref(), Some("c"));
        assert_eq!(of("", "b 1x, c 1x", "").as_deref(), Some("b"));
        // The viewport is 1280 wide.
        assert_eq!(
            of("a", "b 640w, c 1280w, d 2560w", "").as_deref(),
            Some("c")
        );
        let half = "(max-width: 100px) 1px, (min-width: 150px) 50vw, 9000px";
        assert_eq!(of("a", "b 640w, c 1280w", half).as_deref(), Some("b"));
        assert_eq!(
            of("a", "b 640w, c 1280w", "junk, 100px").as_deref(),
            Some("b")
        );
    }

    #[test]
    fn a_picture_goes_before_its_img() {
        let source = |srcset, media, content_type| SourceAttributes {
            srcset,
            media,
            content_type,
            ..SourceAttributes::default()
        };
        let own = img("own", "", "");
        let of = |sources: &[_]| selected(sources, own);
        assert_eq!(of(&[source(None, None, None)]).as_deref(), Some("own"));
        assert_eq!(of(&[source(Some(""), None, None)]).as_deref(), Some("own"));
        let first = source(Some("first"), None, Some("image/png"));
        assert_eq!(of(&[first]).as_deref(), Some("first"));
        let narrow = source(Some("narrow"), Some("(max-width: 600px)"), None);
        let strange = source(Some("strange"), None, Some("image/x-strange"));
        assert_eq!(of(&[narrow, strange, first]).as_deref(), Some("first"));
        assert_eq!(of(&[narrow, strange]).as_deref(), Some("own"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let source = SourceAttributes {
            srcset: Some("a"),
            media: Some("(hover)"),
            ..SourceAttributes::default()
        };
        let own = img("own", "b 1w", "(hover) 5px");
        let selection = select_an_image_source(&[source], &own, &Viewport::default());
        assert_eq!(
            selection.unmodelled,
            ["the media query `(hover)`", "the media condition `(hover)`"]
        );
        assert_eq!(selection.source.unwrap().url, "b");
    }
}
