#![allow(missing_docs)]
pub fn append_the_fetch_metadata_headers_for_a_request(
    _r: &mut crate::Request,
    _t: &crossexam_web::Trace,
) {
}
