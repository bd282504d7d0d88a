//! URLs and their queries.

use rquickjs::{Array, Ctx};
use url::{Url, form_urlencoded, quirks};

use crate::ops::{Ops, throw};

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // The serialized URL, or null if it does not parse.
    ops.add(
        "urlParse",
        |input: String, base: Option<String>| -> Option<String> {
            match base {
                None => Url::parse(&input).ok(),
                Some(base) => Url::parse(&base).ok()?.join(&input).ok(),
            }
            .map(String::from)
        },
    )?;

    // Relative to the realm's document or script.
    let scope = ops.scope();
    ops.add("urlResolve", move |ctx: Ctx<'js>, input: String| {
        let environment = scope.live_host(&ctx)?.environment(scope.realm);
        let base = environment.api_base_url.borrow();
        rquickjs::Result::Ok(base.join(&input).ok().map(String::from))
    })?;

    ops.add(
        "urlParts",
        |ctx: Ctx<'js>, href: String| -> rquickjs::Result<Array<'js>> {
            let url = parsed(&ctx, &href)?;
            let parts = Array::new(ctx)?;
            let values = [
                quirks::origin(&url).as_str(),
                quirks::protocol(&url),
                quirks::username(&url),
                quirks::password(&url),
                quirks::host(&url),
                quirks::hostname(&url),
                quirks::port(&url),
                quirks::pathname(&url),
                quirks::search(&url),
                quirks::hash(&url),
            ]
            .map(str::to_owned);
            for (index, value) in values.into_iter().enumerate() {
                parts.set(index, value)?;
            }
            Ok(parts)
        },
    )?;

    // The URL with one part set; unchanged where the setter does nothing.
    ops.add(
        "urlSet",
        |ctx: Ctx<'js>, href: String, part: String, value: String| {
            let mut url = parsed(&ctx, &href)?;
            // A setter that fails leaves the URL as it was.
            let _ = match part.as_str() {
                "protocol" => quirks::set_protocol(&mut url, &value),
                "username" => quirks::set_username(&mut url, &value),
                "password" => quirks::set_password(&mut url, &value),
                "host" => quirks::set_host(&mut url, &value),
                "hostname" => quirks::set_hostname(&mut url, &value),
                "port" => quirks::set_port(&mut url, &value),
                "pathname" => {
                    quirks::set_pathname(&mut url, &value);
                    Ok(())
                }
                "search" => {
                    quirks::set_search(&mut url, &value);
                    Ok(())
                }
                "hash" => {
                    quirks::set_hash(&mut url, &value);
                    Ok(())
                }
                _ => Err(()),
            };
            rquickjs::Result::Ok(String::from(url))
        },
    )?;

    // Names and values in turn.
    ops.add("queryParse", |query: String| -> Vec<String> {
        form_urlencoded::parse(query.as_bytes())
            .flat_map(|(name, value)| [name.into_owned(), value.into_owned()])
            .collect()
    })?;

    ops.add("querySerialize", |pairs: Vec<String>| -> String {
        let mut serializer = form_urlencoded::Serializer::new(String::new());
        for pair in pairs.chunks_exact(2) {
            serializer.append_pair(&pair[0], &pair[1]);
        }
        serializer.finish()
    })?;
    Ok(())
}

fn parsed(ctx: &Ctx<'_>, href: &str) -> rquickjs::Result<Url> {
    Url::parse(href).map_err(|_| throw(ctx, "TypeError", "not a URL"))
}
