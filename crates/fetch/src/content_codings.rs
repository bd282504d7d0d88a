//! Content codings: what a server has done to a body to make it smaller, and how it is undone.
//!
//! MODEL: what `zstd` has made smaller is decoded when all of it is there; the others are decoded as the bytes come.
//!
//! <https://fetch.spec.whatwg.org/#handle-content-codings>, <https://httpwg.org/specs/rfc9110.html#content.codings>

use std::io::Write;

use brotli_decompressor::writer::DecompressorWriter;
use bytes::Bytes;
use crossexam_web::algorithm;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The most bytes that a body may come to at any stage of decoding. Codings can blow a few bytes up to any size.
pub const LARGEST_DECODED_BODY: usize = 256 << 20;

/// More codings than this on top of one another are not undone.
pub const MOST_CODINGS: usize = 8;

/// The largest window of `zstd` (RFC 9659).
const LARGEST_ZSTD_WINDOW: u64 = 8 << 20;

const BUFFER: usize = 4096;

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodingFailure {
    /// The bytes are not what the coding makes of anything.
    #[error("the body is not what the content coding {coding} makes: {why}")]
    Corrupt {
        /// The coding.
        coding: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The body ends in the middle.
    #[error("the body ends in the middle of what the content coding {coding} makes")]
    Truncated {
        /// The coding.
        coding: &'static str,
    },
    /// The body becomes larger than anything that a browser would keep.
    #[error("decoded, the body is larger than a browser would keep")]
    TooLarge,
    /// There are too many codings on top of one another.
    #[error("there are {count} content codings on top of one another")]
    TooManyCodings {
        /// How many.
        count: usize,
    },
}

/// A content coding that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn of(name: &[u8]) -> Option<Self> {
        const CODINGS: [(&[u8], Coding); 6] = [
            (b"gzip", Coding::Gzip),
            (b"x-gzip", Coding::Gzip),
            (b"deflate", Coding::Deflate),
            (b"br", Coding::Brotli),
            (b"zstd", Coding::Zstd),
            (b"identity", Coding::Identity),
        ];
        CODINGS
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|&(_, coding)| coding)
    }
}

/// Whether a content coding is understood.
pub fn is_supported(coding: &[u8]) -> bool {
    Coding::of(coding).is_some()
}

/// The name in lowercase of a content coding that is understood and registered.
pub fn known_name(coding: &[u8]) -> Option<&'static str> {
    const NAMES: [&str; 6] = ["br", "deflate", "gzip", "identity", "x-gzip", "zstd"];
    NAMES
        .into_iter()
        .find(|name| coding.eq_ignore_ascii_case(name.as_bytes()))
}

/// Undoes the codings of one body while its bytes come.
#[derive(Debug)]
pub struct Decoder {
    /// The coding that was applied last is undone first.
    stages: Vec<Stage>,
    has_begun: bool,
}

impl Decoder {
    /// A decoder for these codings, in the order in which they were applied; `None` if one of them is not supported.
    ///
    /// # Errors
    ///
    /// If there are too many of them.
    pub fn new(codings: &[Bytes]) -> Result<Option<Self>, CodingFailure> {
        Self::with_limit(codings, LARGEST_DECODED_BODY)
    }

    /// The same, for a body that may come to at most `limit` bytes at any stage.
    ///
    /// # Errors
    ///
    /// If there are too many codings.
    pub fn with_limit(codings: &[Bytes], limit: usize) -> Result<Option<Self>, CodingFailure> {
        let Some(codings) = codings
            .iter()
            .map(|name| Coding::of(name))
            .collect::<Option<Vec<_>>>()
        else {
            return Ok(None);
        };
        let count = codings.len();
        if count > MOST_CODINGS {
            return Err(CodingFailure::TooManyCodings { count });
        }
        let stages = codings
            .into_iter()
            .rev()
            .filter_map(|coding| Stage::new(coding, limit))
            .collect();
        Ok(Some(Self {
            stages,
            has_begun: false,
        }))
    }

    /// The bytes that these bring to light.
    ///
    /// # Errors
    ///
    /// What is wrong with them. Nothing more is to be decoded then.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Bytes, CodingFailure> {
        self.has_begun |= !bytes.is_empty();
        self.pass(bytes, false)
    }

    /// The last bytes, after all of the body was decoded.
    ///
    /// # Errors
    ///
    /// The body was not complete. (One without a single byte is no coded body, and is complete.)
    pub fn finish(&mut self) -> Result<Bytes, CodingFailure> {
        if !self.has_begun {
            return Ok(Bytes::new());
        }
        self.pass(&[], true)
    }

    fn pass(&mut self, bytes: &[u8], is_last: bool) -> Result<Bytes, CodingFailure> {
        let mut bytes = bytes.to_vec();
        for stage in &mut self.stages {
            stage.write(&bytes)?;
            if is_last {
                stage.finish()?;
            }
            bytes = stage.take()?;
        }
        Ok(bytes.into())
    }
}

/// Undoes one coding.
enum Stage {
    Gzip(Box<Gzip>),
    /// `deflate`, before its first two bytes have shown which of the two things it is that servers call so.
    Deflate(Vec<u8>, Output),
    Inflate(Box<Inflate>),
    Brotli(Box<DecompressorWriter<Output>>),
    Zstd(Vec<u8>, Output),
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stage").field(&self.name()).finish()
    }
}

/// What a stage has decoded.
#[derive(Debug)]
struct Output {
    bytes: Vec<u8>,
    so_far: usize,
    limit: usize,
}

impl Output {
    const fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            so_far: 0,
            limit,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.so_far = self.so_far.saturating_add(bytes.len());
        if self.so_far > self.limit {
            return Err(std::io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Stage {
    fn new(coding: Coding, limit: usize) -> Option<Self> {
        let output = Output::new(limit);
        Some(match coding {
            Coding::Identity => return None,
            Coding::Gzip => Self::Gzip(Box::new(Gzip::new(output))),
            Coding::Deflate => Self::Deflate(Vec::new(), output),
            Coding::Brotli => Self::Brotli(Box::new(DecompressorWriter::new(output, BUFFER))),
            Coding::Zstd => Self::Zstd(Vec::new(), output),
        })
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Deflate(..) | Self::Inflate(_) => "deflate",
            Self::Brotli(_) => "br",
            Self::Zstd(..) => "zstd",
        }
    }

    fn output(&mut self) -> &mut Output {
        match self {
            Self::Gzip(gzip) => &mut gzip.inflate.output,
            Self::Deflate(_, output) | Self::Zstd(_, output) => output,
            Self::Inflate(inflate) => &mut inflate.output,
            Self::Brotli(decoder) => decoder.get_mut(),
        }
    }

    fn failure(&mut self, error: &std::io::Error) -> CodingFailure {
        let coding = self.name();
        let output = self.output();
        if output.so_far > output.limit {
            CodingFailure::TooLarge
        } else if error.kind() == std::io::ErrorKind::UnexpectedEof {
            CodingFailure::Truncated { coding }
        } else {
            let why = error.to_string();
            CodingFailure::Corrupt { coding, why }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CodingFailure> {
        let written = match self {
            Self::Gzip(gzip) => gzip.write(bytes),
            Self::Inflate(inflate) => inflate.write(bytes).and_then(|rest| match rest {
                [] => Ok(()),
                _ => Err(std::io::Error::other("something follows its end")),
            }),
            Self::Brotli(decoder) => decoder.write_all(bytes),
            Self::Deflate(first, output) => {
                let limit = output.limit;
                first.extend_from_slice(bytes);
                if first.len() < 2 {
                    return Ok(());
                }
                let first = std::mem::take(first);
                // RFC 1950, section 2.2: method 8, and a multiple of 31. Some servers leave the header out, and
                // browsers take both.
                let is_zlib = first[0] & 0x0f == 8
                    && u16::from_be_bytes([first[0], first[1]]).is_multiple_of(31);
                *self = Self::Inflate(Box::new(Inflate {
                    decompress: Decompress::new(is_zlib),
                    has_ended: false,
                    output: Output::new(limit),
                }));
                return self.write(&first);
            }
            Self::Zstd(so_far, output) => {
                so_far.extend_from_slice(bytes);
                if so_far.len() > output.limit {
                    return Err(CodingFailure::TooLarge);
                }
                return Ok(());
            }
        };
        written.map_err(|error| self.failure(&error))
    }

    fn finish(&mut self) -> Result<(), CodingFailure> {
        let truncated = CodingFailure::Truncated {
            coding: self.name(),
        };
        match self {
            Self::Gzip(gzip) if gzip.is_complete() => Ok(()),
            Self::Inflate(inflate) if inflate.has_ended => Ok(()),
            Self::Gzip(_) | Self::Inflate(_) | Self::Deflate(..) => Err(truncated),
            // The decoder's own error does not say that the end is missing.
            Self::Brotli(decoder) => decoder.close().map_err(|_| truncated),
            Self::Zstd(bytes, output) => decode_zstd(bytes, output),
        }
    }

    /// Takes what was decoded.
    fn take(&mut self) -> Result<Vec<u8>, CodingFailure> {
        Ok(std::mem::take(&mut self.output().bytes))
    }
}

/// Undoes `deflate`, with or without zlib's header.
struct Inflate {
    decompress: Decompress,
    has_ended: bool,
    output: Output,
}

impl Inflate {
    /// Gives back what stands behind the end.
    fn write<'a>(&mut self, mut bytes: &'a [u8]) -> std::io::Result<&'a [u8]> {
        let mut buffer = [0; BUFFER];
        while !self.has_ended {
            let before = (self.decompress.total_in(), self.decompress.total_out());
            let status = self
                .decompress
                .decompress(bytes, &mut buffer, FlushDecompress::None)?;
            let taken = usize::try_from(self.decompress.total_in() - before.0).unwrap_or(0);
            let given = usize::try_from(self.decompress.total_out() - before.1).unwrap_or(0);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.output.write_all(&buffer[..given.min(BUFFER)])?;
            self.has_ended = status == Status::StreamEnd;
            if !self.has_ended && given < BUFFER && (bytes.is_empty() || (taken, given) == (0, 0)) {
                break;
            }
        }
        Ok(bytes)
    }
}

/// Undoes `gzip` (RFC 1952): one or more members, one after the other.
struct Gzip {
    /// The header of a member, as far as it is there; empty once it is read.
    header: Vec<u8>,
    inflate: Inflate,
    /// Where in a member the next byte belongs.
    place: Place,
    crc: Crc,
    /// The checksum and the length at a member's end, as far as they are there.
    trailer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Body,
    Trailer,
    /// Behind a member; another can follow.
    Behind,
}

/// No header is longer, whatever name and comment it has.
const LONGEST_GZIP_HEADER: usize = 1 << 17;

impl Gzip {
    fn new(output: Output) -> Self {
        Self {
            header: Vec::new(),
            inflate: Inflate {
                decompress: Decompress::new(false),
                has_ended: false,
                output,
            },
            place: Place::Header,
            crc: Crc::new(),
            trailer: Vec::new(),
        }
    }

    fn is_complete(&self) -> bool {
        self.place == Place::Behind
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut bytes = bytes;
        let mut behind_header: Vec<u8>;
        while !bytes.is_empty() {
            match self.place {
                Place::Header | Place::Behind => {
                    self.place = Place::Header;
                    self.header.extend_from_slice(bytes);
                    let Some(length) = gzip_header_length(&self.header)? else {
                        return Ok(());
                    };
                    behind_header = self.header.split_off(length);
                    self.header.clear();
                    bytes = &behind_header;
                    self.inflate.decompress.reset(false);
                    self.inflate.has_ended = false;
                    self.crc.reset();
                    self.place = Place::Body;
                }
                Place::Body => {
                    let before = self.inflate.output.bytes.len();
                    bytes = self.inflate.write(bytes)?;
                    self.crc.update(&self.inflate.output.bytes[before..]);
                    if !self.inflate.has_ended {
                        return Ok(());
                    }
                    self.place = Place::Trailer;
                }
                Place::Trailer => {
                    let missing = (8 - self.trailer.len()).min(bytes.len());
                    let (trailer, rest) = bytes.split_at(missing);
                    self.trailer.extend_from_slice(trailer);
                    bytes = rest;
                    if self.trailer.len() == 8 {
                        let expected = [
                            self.crc.sum().to_le_bytes(),
                            self.crc.amount().to_le_bytes(),
                        ];
                        if self.trailer != expected.concat() {
                            return Err(std::io::Error::other("the checksum does not fit"));
                        }
                        self.trailer.clear();
                        self.place = Place::Behind;
                    }
                }
            }
        }
        Ok(())
    }
}

/// How long the header is that these bytes begin with; `None` if it goes on.
fn gzip_header_length(bytes: &[u8]) -> std::io::Result<Option<usize>> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let known = bytes.iter().zip([0x1f, 0x8b, 8]);
    let flags = bytes.get(3).copied().unwrap_or(0);
    if known.into_iter().any(|(byte, expected)| *byte != expected) || flags & 0xe0 != 0 {
        return Err(std::io::Error::other("it has no gzip header"));
    }
    if bytes.len() > LONGEST_GZIP_HEADER && flags & (NAME | COMMENT) != 0 {
        let ends = |from: usize| bytes[from..LONGEST_GZIP_HEADER].contains(&0);
        if !ends(10) {
            return Err(std::io::Error::other("its gzip header has no end"));
        }
    }
    let mut length = 10;
    if flags & EXTRA != 0 {
        let Some(size) = bytes.get(length..length + 2) else {
            return Ok(None);
        };
        length += 2 + usize::from(u16::from_le_bytes([size[0], size[1]]));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let text = bytes.get(length..).unwrap_or_default();
            let Some(end) = text.iter().position(|&byte| byte == 0) else {
                return Ok(None);
            };
            length += end + 1;
        }
    }
    if flags & CHECKSUM != 0 {
        let Some(sum) = bytes.get(length..length + 2) else {
            return Ok(None);
        };
        let mut crc = Crc::new();
        crc.update(&bytes[..length]);
        if crc.sum().to_le_bytes()[..2] != *sum {
            return Err(std::io::Error::other(
                "the checksum of its gzip header does not fit",
            ));
        }
        length += 2;
    }
    Ok((bytes.len() >= length).then_some(length))
}

/// One or more frames, one after the other.
fn decode_zstd(mut bytes: &[u8], output: &mut Output) -> Result<(), CodingFailure> {
    const STEP: usize = 1 << 16;
    let coding = "zstd";
    let corrupt = |why: String| CodingFailure::Corrupt { coding, why };
    while !bytes.is_empty() {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_ZSTD_WINDOW);
        match decoder.init(&mut bytes) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                bytes = bytes
                    .get(length..)
                    .ok_or(CodingFailure::Truncated { coding })?;
                continue;
            }
            Err(error) => return Err(corrupt(error.to_string())),
        }
        while !decoder.is_finished() || decoder.can_collect() > 0 {
            if !decoder.is_finished() {
                decoder
                    .decode_blocks(&mut bytes, BlockDecodingStrategy::UptoBytes(STEP))
                    .map_err(|error| corrupt(error.to_string()))?;
            }
            if decoder.collect_to_writer(&mut *output).is_err() {
                return Err(CodingFailure::TooLarge);
            }
        }
        let expected = decoder.get_checksum_from_data();
        if expected.is_some() && expected != decoder.get_calculated_checksum() {
            return Err(corrupt("the checksum does not fit".to_owned()));
        }
    }
    Ok(())
}

/// Handles content codings: undoes what `decoder` knows how to undo. Without one the codings are not supported.
///
/// # Errors
///
/// What is wrong with the bytes.
#[algorithm("handle-content-codings", untraced)]
pub fn handle_content_codings(
    decoder: Option<&mut Decoder>,
    bytes: Bytes,
) -> Result<Bytes, CodingFailure> {
    /// 1. What is not understood stays as it is.
    let Some(decoder) = decoder else {
        return Ok(bytes);
    };
    /// 2. Decode it.
    decoder.decode(&bytes)
}
