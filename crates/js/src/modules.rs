//! The modules that the scripts of pages and workers import.
//!
//! MODEL: while an import is fetched, the whole browser waits, as for a synchronous request; what a module imports is
//! fetched one after the other. There are no import maps, and a module's base URL is the one it was asked for at.

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::body::Body;
use crossexam_fetch::request::{Destination, Referrer};
use crossexam_fetch::response::is_ok_status;
use crossexam_html::decode::decode_text;
use crossexam_html::element_requests::{ElementAttributes, module_script_request};
use crossexam_web::mime::{MimeType, extract_a_mime_type};
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Ctx, Module};
use url::Url;

use crate::ops::throw;
use crate::protocol::{RealmId, SynchronousOutcome};
use crate::shared::Shared;

/// Resolves and fetches what is imported.
#[derive(Clone)]
pub(crate) struct ModuleImports {
    shared: Rc<Shared>,
    /// The base URL of the script whose import was resolved last: that is the one being loaded.
    base: Rc<RefCell<Option<Url>>>,
}

impl ModuleImports {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            base: Rc::default(),
        }
    }

    fn realm(&self, ctx: &Ctx<'_>) -> Option<RealmId> {
        let address = ctx.as_raw().as_ptr() as usize;
        self.shared.contexts.borrow().get(&address).copied()
    }

    /// The source text of a module, fetched for a realm.
    fn fetch(&self, realm: RealmId, url: &Url, destination: Destination) -> Option<String> {
        let host = &self.shared.host;
        let client = host.environment(realm);
        let attributes = ElementAttributes::default();
        let mut request = module_script_request(url.clone(), &attributes, &client);
        request.destination = destination;
        if let Some(base) = &*self.base.borrow() {
            request.referrer = Referrer::Url(base.clone());
        }
        let outcome = host.fetch_synchronously(realm, request, None)?;
        let SynchronousOutcome::Response(response) = outcome else {
            return None;
        };
        let internal = response.internal()?;
        let mime_type = extract_a_mime_type(&internal.header_list);
        let fits = match destination {
            Destination::Json => MimeType::is_json,
            _ => MimeType::is_javascript,
        };
        if !is_ok_status(internal.status) || !mime_type.as_ref().is_some_and(fits) {
            return None;
        }
        let bytes = internal.body.as_ref().and_then(Body::known_bytes);
        // A module is always UTF-8.
        Some(decode_text(bytes.map_or(&[][..], |bytes| bytes), None).0)
    }
}

impl Resolver for ModuleImports {
    /// "Resolve a module specifier."
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let environment = self.realm(ctx).map(|it| self.shared.host.environment(it));
        // A script that has no URL of its own has the document's.
        let base = Url::parse(base)
            .ok()
            .filter(|base| !base.cannot_be_a_base())
            .or_else(|| environment.map(|it| it.api_base_url.borrow().clone()));
        let is_relative = ["/", "./", "../"].iter().any(|it| name.starts_with(it));
        let url = if is_relative {
            base.as_ref().and_then(|base| base.join(name).ok())
        } else {
            Url::parse(name).ok()
        };
        self.base.replace(base);
        url.map(String::from).ok_or_else(|| {
            let message = format!("the module specifier '{name}' is neither relative nor a URL");
            throw(ctx, "TypeError", &message)
        })
    }
}

impl Loader for ModuleImports {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js>> {
        let failed = |what: &str| {
            self.shared.import_failed.set(true);
            throw(ctx, "TypeError", &format!("the module {name} {what}"))
        };
        let module_type = attributes.map(|it| it.get_type()).transpose()?.flatten();
        let destination = match module_type.as_deref() {
            None => Destination::Script,
            Some("json") => Destination::Json,
            Some(other) => return Err(failed(&format!("is of the unknown type '{other}'"))),
        };
        let realm = self.realm(ctx);
        let url = Url::parse(name).ok();
        let text = realm
            .zip(url)
            .and_then(|(realm, url)| self.fetch(realm, &url, destination));
        let text = text.ok_or_else(|| failed("could not be fetched"))?;
        let source = match destination {
            Destination::Json => json_module(ctx, &text)?,
            _ => text,
        };
        Module::declare(ctx.clone(), name, source)
    }
}

/// A module whose default export is what a JSON text says.
fn json_module(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<String> {
    let value = ctx.json_parse(text)?;
    let text = match ctx.json_stringify(value)? {
        Some(text) => text.to_string()?,
        None => "null".to_owned(),
    };
    // In a literal this name would set the prototype.
    let text = text.replace("\"__proto__\":", "[\"__proto__\"]:");
    Ok(format!("export default {text}"))
}
