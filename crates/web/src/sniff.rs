//! How images, sound and video are known by their first bytes.
//!
//! <https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern>

/// A byte pattern: where it begins, what must stand there, and which bits of it count.
struct Pattern {
    pattern: &'static [u8],
    mask: &'static [u8],
    essence: &'static str,
}

const fn exact(pattern: &'static [u8], essence: &'static str) -> Pattern {
    Pattern {
        pattern,
        mask: &[],
        essence,
    }
}

/// `RIFF`, four bytes of any value, and a kind.
const RIFF: &[u8] = &[
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

const IMAGES: &[Pattern] = &[
    exact(b"\0\0\x01\0", "image/x-icon"),
    exact(b"\0\0\x02\0", "image/x-icon"),
    exact(b"BM", "image/bmp"),
    exact(b"GIF87a", "image/gif"),
    exact(b"GIF89a", "image/gif"),
    Pattern {
        pattern: b"RIFF\0\0\0\0WEBPVP",
        mask: RIFF,
        essence: "image/webp",
    },
    exact(b"\x89PNG\r\n\x1a\n", "image/png"),
    exact(b"\xff\xd8\xff", "image/jpeg"),
];

const MEDIA: &[Pattern] = &[
    Pattern {
        pattern: b"FORM\0\0\0\0AIFF",
        mask: RIFF,
        essence: "audio/aiff",
    },
    exact(b"ID3", "audio/mpeg"),
    exact(b"OggS\0", "application/ogg"),
    exact(b"MThd\0\0\0\x06", "audio/midi"),
    Pattern {
        pattern: b"RIFF\0\0\0\0AVI ",
        mask: RIFF,
        essence: "video/avi",
    },
    Pattern {
        pattern: b"RIFF\0\0\0\0WAVE",
        mask: RIFF,
        essence: "audio/wave",
    },
];

fn find(bytes: &[u8], patterns: &[Pattern]) -> Option<&'static str> {
    patterns
        .iter()
        .find(|pattern| {
            bytes.len() >= pattern.pattern.len()
                && pattern.pattern.iter().enumerate().all(|(index, wanted)| {
                    let mask = pattern.mask.get(index).copied().unwrap_or(0xff);
                    bytes[index] & mask == wanted & mask
                })
        })
        .map(|pattern| pattern.essence)
}

/// The type of an image, by its first bytes.
///
/// <https://mimesniff.spec.whatwg.org/#image-type-pattern-matching-algorithm>
pub fn image_type(bytes: &[u8]) -> Option<&'static str> {
    find(bytes, IMAGES)
}

/// The type of sound or video, by its first bytes.
///
/// <https://mimesniff.spec.whatwg.org/#audio-or-video-type-pattern-matching-algorithm>
pub fn audio_or_video_type(bytes: &[u8]) -> Option<&'static str> {
    find(bytes, MEDIA)
        .or_else(|| is_mp4(bytes).then_some("video/mp4"))
        .or_else(|| is_webm(bytes).then_some("video/webm"))
        .or_else(|| is_mp3(bytes).then_some("audio/mpeg"))
}

/// <https://mimesniff.spec.whatwg.org/#signature-for-mp4>
fn is_mp4(bytes: &[u8]) -> bool {
    let Some(size) = bytes.first_chunk::<4>() else {
        return false;
    };
    if bytes.len() < 12 {
        return false;
    }
    let box_size = u32::from_be_bytes(*size) as usize;
    if bytes.len() < box_size || !box_size.is_multiple_of(4) || &bytes[4..8] != b"ftyp" {
        return false;
    }
    if &bytes[8..11] == b"mp4" {
        return true;
    }
    (16..box_size)
        .step_by(4)
        .any(|at| bytes.get(at..at + 3) == Some(b"mp4"))
}

/// <https://mimesniff.spec.whatwg.org/#signature-for-webm>
fn is_webm(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        return false;
    }
    let end = bytes.len().min(38);
    let mut at = 4;
    while at < end {
        if bytes.get(at..at + 2) == Some(b"\x42\x82") {
            at += 2;
            if at >= end {
                return false;
            }
            // A variable-length number: as many bytes as there are zeros before its first bit, and one.
            let zeros = bytes[at].leading_zeros() as usize;
            at += zeros.min(7) + 1;
            if at + 4 > bytes.len() {
                return false;
            }
            let rest = &bytes[at..];
            let padding = rest.iter().take_while(|byte| **byte == 0).count();
            return rest.get(padding..padding + 4) == Some(b"webm");
        }
        at += 1;
    }
    false
}

/// <https://mimesniff.spec.whatwg.org/#signature-for-mp3-without-id3>
fn is_mp3(bytes: &[u8]) -> bool {
    let Some(length) = mp3_frame(bytes) else {
        return false;
    };
    bytes
        .get(length..)
        .is_some_and(|rest| mp3_frame(rest).is_some())
}

/// The length of the frame that begins here, if one does.
fn mp3_frame(bytes: &[u8]) -> Option<usize> {
    const RATES: [usize; 15] = [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const MP25_RATES: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const SAMPLE_RATES: [usize; 3] = [44_100, 48_000, 32_000];
    let [first, second, third, ..] = *bytes else {
        return None;
    };
    if bytes.len() < 4 || first != 0xff || second & 0xe0 != 0xe0 {
        return None;
    }
    let layer = (second & 0x06) >> 1;
    let bit_rate = usize::from(third >> 4);
    let sample_rate = usize::from((third & 0x0c) >> 2);
    // Of the layers only the third is MP3.
    if layer != 1 || bit_rate == 15 || sample_rate == 3 {
        return None;
    }
    let version = (second & 0x18) >> 3;
    let rates = if version & 0x01 == 0 {
        MP25_RATES
    } else {
        RATES
    };
    let rate = rates[bit_rate] * 1000;
    let frequency = SAMPLE_RATES[sample_rate];
    let pad = usize::from((third & 0x02) >> 1);
    let scale = if version == 1 { 72 } else { 144 };
    let size = rate * scale / frequency + pad;
    (size >= 4 && size <= bytes.len()).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_first_bytes() {
        for (bytes, essence) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Some("image/png")),
            (b"GIF89a...", Some("image/gif")),
            (b"GIF88a...", None),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WEBPV", None),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"BM", Some("image/bmp")),
            (b"B", None),
            (b"<svg>", None),
            (b"", None),
        ] {
            assert_eq!(image_type(bytes), essence, "{bytes:?}");
        }
    }

    #[test]
    fn sound_and_video_are_too() {
        let mut frame = vec![0xff, 0xfb, 0x90, 0];
        frame.resize(417, 0);
        let two = [&frame[..], &frame[..]].concat();
        let webm = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm";
        for (bytes, essence) in [
            (&b"ID3\x03"[..], Some("audio/mpeg")),
            (b"OggS\0", Some("application/ogg")),
            (b"OggS", None),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wave")),
            (b"\0\0\0\x14ftypmp42\0\0\0\0isom", Some("video/mp4")),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", Some("video/mp4")),
            (b"\0\0\0\x14ftypisom\0\0\0\0isom", None),
            (b"\0\0\0\x13ftypmp42\0\0\0\0isom", None),
            (webm, Some("video/webm")),
            (b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", None),
            (&two, Some("audio/mpeg")),
            (&frame, None),
        ] {
            assert_eq!(audio_or_video_type(bytes), essence, "{bytes:?}");
        }
    }
}
