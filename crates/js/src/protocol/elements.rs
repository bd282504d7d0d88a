//! What elements load, and what comes of it.

/// An element's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementLoad {
    /// Which element.
    pub element: LoadingElement,
    /// `src` or `href`, as written.
    pub url: String,
    /// The `crossorigin` attribute as written; `None` when absent.
    pub cross_origin: Option<String>,
    /// The `referrerpolicy` attribute as written.
    pub referrer_policy: Option<String>,
    /// The `integrity` attribute.
    pub integrity: String,
    /// The `nonce` attribute.
    pub nonce: String,
    /// Whether the parser inserted the element.
    pub parser_inserted: bool,
    /// `as` of a preload, as written.
    pub potential_destination: Option<String>,
    /// Whether an image was chosen from a `srcset` or by a `picture`.
    pub uses_source_set: bool,
    /// Of what a style sheet asks for, the sheet's base URL.
    pub style_base: Option<String>,
    /// Whether scripts may read that sheet.
    pub origin_clean: bool,
}

/// An element that loads something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadingElement {
    /// `img`
    Image,
    /// A classic `script`
    ClassicScript,
    /// A `script` of type `module`
    ModuleScript,
    /// `link rel=stylesheet`
    Stylesheet,
    /// `link rel=preload`
    Preload,
    /// `link rel=prefetch`
    Prefetch,
    /// `link rel=icon`
    Icon,
    /// The image of an `input` of type `image`
    ImageButton,
    /// The `poster` of a `video`
    Poster,
    /// `image` of SVG
    SvgImage,
    /// `track`
    Track,
    /// An image that a style sheet names
    StyleImage,
    /// A `@font-face`
    Font,
    /// An `@import`
    StyleImport,
    /// `audio`
    Audio,
    /// `video`
    Video,
    /// `embed`
    Embed,
    /// `object`
    Object,
}

/// The outcome of an element's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementOutcome {
    /// It loaded: fire `load`.
    Loaded {
        /// For scripts and style sheets the text; empty otherwise.
        text: String,
        /// For scripts whether errors in it are hidden from `window.onerror` ("muted errors").
        muted_errors: bool,
        /// For images the size, where the bytes have one.
        size: Option<(u32, u32)>,
        /// Whether the data is CORS-same-origin, so that a canvas is not tainted by it.
        cors_same_origin: bool,
    },
    /// It failed: fire `error`.
    Failed,
}

/// Where the image of an `img` may come from; everything as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageSources {
    /// `src`
    pub src: Option<String>,
    /// `srcset`
    pub srcset: Option<String>,
    /// `sizes`
    pub sizes: Option<String>,
    /// The `source` elements before it, if it is in a `picture`.
    pub picture: Vec<PictureSource>,
}

/// A `source` element in a `picture`; everything as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureSource {
    /// `srcset`
    pub srcset: Option<String>,
    /// `sizes`
    pub sizes: Option<String>,
    /// `media`
    pub media: Option<String>,
    /// `type`
    pub content_type: Option<String>,
}
