//! The request of a case.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::body::BodySource;
use crossexam_fetch::request::{
    CacheMode, CredentialsMode, Destination, Initiator, InitiatorType, Mode, ParserMetadata,
    RedirectMode, Referrer, ServiceWorkersMode, TraversableForUserPrompts,
};
use crossexam_fetch::{Body, Environment, ReferrerPolicy, Request};
use serde_json::Value;

use super::world::origin_of;
use crate::fields::{Fields, Malformed, bytes_of, parse_url, text_of};

/// A request as a case writes it.
pub(super) fn request_of(
    value: &Value,
    client: Option<Rc<Environment>>,
) -> Result<Request, Malformed> {
    let mut fields = Fields::of_short("request", value, "url");
    let url = fields.url("url")?.ok_or("a request has a `url`")?;
    let mut request = Request::new(url);
    request.client = client;
    if let Some(kind) = fields.text("as")? {
        asked_by(&mut request, &kind)?;
    }
    let set = &mut request;
    read(&mut set.method, fields.bytes("method")?.map(Bytes::from));
    read(&mut set.header_list, fields.headers("headers")?);
    read(&mut set.mode, fields.keyword("mode", Mode::from_keyword)?);
    read(
        &mut set.credentials_mode,
        fields.keyword("credentials", CredentialsMode::from_keyword)?,
    );
    read(
        &mut set.cache_mode,
        fields.keyword("cache", CacheMode::from_keyword)?,
    );
    read(
        &mut set.redirect_mode,
        fields.keyword("redirect", RedirectMode::from_keyword)?,
    );
    read(
        &mut set.destination,
        fields.keyword("destination", Destination::from_keyword)?,
    );
    read(
        &mut set.initiator,
        fields.keyword("initiator", Initiator::from_keyword)?,
    );
    read(
        &mut set.parser_metadata,
        fields.keyword("parser_metadata", ParserMetadata::from_keyword)?,
    );
    read(
        &mut set.service_workers_mode,
        fields.keyword("service_workers", ServiceWorkersMode::from_keyword)?,
    );
    if let Some(kind) = fields.keyword("initiator_type", InitiatorType::from_keyword)? {
        set.initiator_type = Some(kind);
    }
    if let Some(policy) = fields.keyword("referrer_policy", ReferrerPolicy::from_keyword)? {
        set.referrer_policy = Some(policy);
    }
    read(
        &mut set.referrer,
        fields.with("referrer", |value| match &text_of(value, None)?[..] {
            "client" => Ok(Referrer::Client),
            "no-referrer" => Ok(Referrer::NoReferrer),
            url => Ok(Referrer::Url(parse_url(url)?)),
        })?,
    );
    if let Some(origin) = fields.with("origin", |value| origin_of(&text_of(value, None)?))? {
        set.origin = Some(origin);
    }
    if let Some(origin) = fields.with("top_level_navigation_initiator_origin", |value| {
        origin_of(&text_of(value, None)?)
    })? {
        set.top_level_navigation_initiator_origin = Some(origin);
    }
    if let Some(body) = fields.with("body", body_of)? {
        set.body = Some(body);
    }
    read(
        &mut set.traversable_for_user_prompts,
        fields.keyword("traversable_for_user_prompts", |text| match text {
            "client" => Some(TraversableForUserPrompts::Client),
            "no-traversable" => Some(TraversableForUserPrompts::NoTraversable),
            _ => None,
        })?,
    );
    read(&mut set.integrity_metadata, fields.text("integrity")?);
    read(&mut set.cryptographic_nonce_metadata, fields.text("nonce")?);
    for (name, flag) in [
        ("unsafe_request", &mut set.unsafe_request),
        ("keepalive", &mut set.keepalive),
        ("use_cors_preflight", &mut set.use_cors_preflight),
        ("use_url_credentials", &mut set.use_url_credentials),
        ("local_urls_only", &mut set.local_urls_only),
        ("user_activation", &mut set.user_activation),
        ("reload_navigation", &mut set.reload_navigation),
        ("history_navigation", &mut set.history_navigation),
        ("render_blocking", &mut set.render_blocking),
        (
            "prevent_no_cache_cache_control_header_modification",
            &mut set.prevent_no_cache_cache_control_header_modification,
        ),
    ] {
        read(flag, fields.flag(name)?);
    }
    fields.finish()?;
    Ok(request)
}

fn read<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// What the feature that asks sets of itself. The table in the vectors' README says the same.
fn asked_by(request: &mut Request, kind: &str) -> Result<(), Malformed> {
    match kind {
        "fetch()" => {
            request.mode = Mode::Cors;
            request.unsafe_request = true;
            request.initiator_type = Some(InitiatorType::Fetch);
        }
        "navigation" | "frame" => {
            request.mode = Mode::Navigate;
            request.credentials_mode = CredentialsMode::Include;
            request.redirect_mode = RedirectMode::Manual;
            request.use_url_credentials = true;
            request.destination = if kind == "frame" {
                Destination::Iframe
            } else {
                Destination::Document
            };
        }
        "image" | "script" | "style" => {
            request.credentials_mode = CredentialsMode::Include;
            request.use_url_credentials = true;
            (request.destination, request.initiator_type) = match kind {
                "image" => (Destination::Image, Some(InitiatorType::Img)),
                "script" => (Destination::Script, Some(InitiatorType::Script)),
                _ => (Destination::Style, Some(InitiatorType::Link)),
            };
        }
        other => return Err(format!("nothing called {other:?} asks")),
    }
    Ok(())
}

/// A body: bytes, or `{"stream": bytes}` for one that cannot be sent twice.
fn body_of(value: &Value) -> Result<Body, Malformed> {
    if let Some(stream) = value.get("stream") {
        let mut body = Body::from_bytes(bytes_of(stream, None)?);
        body.source = BodySource::Null;
        body.length = None;
        return Ok(body);
    }
    Ok(Body::from_bytes(bytes_of(value, None)?))
}
