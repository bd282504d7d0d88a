#![allow(missing_docs)]
use crossexam_web::*;
use url::Url;
#[derive(Debug, Default)]
pub struct AuthenticationEntries;
impl AuthenticationEntries {
    pub fn authorization_for(&self, _u: &Url) -> Option<Bytes> {
        None
    }
    pub fn create(&mut self, _u: &Url, _r: &str) {}
}
pub fn basic_authorization_of_url(_u: &Url) -> Option<Bytes> {
    None
}
pub fn basic_realm(_l: &HeaderList) -> Option<String> {
    None
}
