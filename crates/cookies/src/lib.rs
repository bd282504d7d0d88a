//! To be written: the places that fetching calls.
#![allow(missing_docs, clippy::all)]
use crossexam_web::*;
#[derive(Debug,Default)] pub struct CookieStore; #[derive(Debug,Default,Clone)] pub struct CookiePolicy; pub struct Cookie;
#[derive(PartialEq,Eq,Debug,Clone,Copy)] pub enum SameSiteMode{StrictOrLess,LaxOrLess,UnsetOrLess}
pub fn serialize_cookies(_c:&[Cookie])->Bytes{Bytes::new()}
impl CookieStore{ pub fn is_empty(&self)->bool{true}
pub fn retrieve(&mut self,_n:Timestamp,_s:bool,_h:&Host,_p:&str,_o:bool,_m:SameSiteMode,_c:&CookiePolicy,_t:&Trace)->Vec<Cookie>{vec![]}
pub fn parse_and_store(&mut self,_n:Timestamp,_v:&[u8],_s:bool,_h:&Host,_p:&str,_o:bool,_a:bool,_b:bool,_c:&CookiePolicy,_t:&Trace)->Result<(),()>{Ok(())}
pub fn garbage_collect(&mut self,_n:Timestamp,_h:&Host){} }
