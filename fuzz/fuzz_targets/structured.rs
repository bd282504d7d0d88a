//! Structured fields: whatever parses is serialized to something that parses to the same.
#![no_main]

use bytes::Bytes;
use crossexam_web::HeaderList;
use crossexam_web::header_value::normalize;
use crossexam_web::structured::{
    Dictionary, Item, List, get_a_structured_field_value, set_a_structured_field_value,
};
use libfuzzer_sys::fuzz_target;

macro_rules! round_trip {
    ($type:ty, $headers:expr) => {
        if let Some(value) = get_a_structured_field_value::<$type>($headers, b"x") {
            let mut again = HeaderList::new();
            set_a_structured_field_value(&mut again, "x", &value);
            let parsed = get_a_structured_field_value::<$type>(&again, b"x");
            // A list or dictionary without members is not sent at all.
            assert!(parsed.is_none() == again.is_empty());
            if let Some(parsed) = parsed {
                let mut third = HeaderList::new();
                set_a_structured_field_value(&mut third, "x", &parsed);
                assert_eq!(again, third);
            }
        }
    };
}

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderList::new();
    for value in data.split(|&byte| byte == b'\n') {
        headers.append("x", Bytes::copy_from_slice(normalize(value)));
    }
    round_trip!(Item, &headers);
    round_trip!(List, &headers);
    round_trip!(Dictionary, &headers);
});
