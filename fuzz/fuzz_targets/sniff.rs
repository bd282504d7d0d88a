//! The first bytes of images, sound and video; and opaque responses of any type.
#![no_main]

use crossexam_web::sniff;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let image = sniff::image_type(data);
    let media = sniff::audio_or_video_type(data);
    assert!(image.is_none() || media.is_none());
    // What an image begins with is enough.
    if image.is_some() {
        assert_eq!(sniff::image_type(&data[..data.len().min(14)]), image);
    }
});
