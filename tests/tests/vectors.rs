//! Replays the vectors of the small algorithms: one function a file.

#![allow(clippy::unwrap_used)]

use crossexam_tests::vectors::{
    Input, Outcome, bytes_value, folder, headers_value, list_value, replay,
};
use crossexam_web::header_value::{
    self, ExtractFailure, collect_an_http_quoted_string, extract_header_list_values,
    get_decode_and_split, get_decode_and_split_value,
};
use crossexam_web::structured::{
    Dictionary, Item, List, get_a_structured_field_value, set_a_structured_field_value,
};
use crossexam_web::{
    HeaderList, Host, MimeType, Origin, data_url, header_list, infra, method, mime, ports, range,
    safelist, trustworthy,
};
use serde_json::{Value, json};
use url::Url;

/// `vector!(function_name, "file", |input| outcome);`
macro_rules! vector {
    ($name:ident, $stem:literal, $algorithm:expr) => {
        #[test]
        fn $name() {
            replay($stem, $algorithm);
        }
    };
}

fn url(input: &Input, field: &str) -> Url {
    let text = input.text(field);
    Url::parse(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn texts(values: Vec<String>) -> Value {
    values.into_iter().collect()
}

// Header lists.

vector!(get, "concept-header-list-get", |input| {
    let value = input.headers("headers").get(&input.bytes("name"));
    Outcome::result(value.map_or(Value::Null, |value| bytes_value(&value)))
});

vector!(append, "concept-header-list-append", |input| {
    let mut list = input.headers("headers");
    list.append(input.bytes("name"), input.bytes("value"));
    Outcome::result(headers_value(&list))
});

vector!(set, "concept-header-list-set", |input| {
    let mut list = input.headers("headers");
    list.set(input.bytes("name"), input.bytes("value"));
    Outcome::result(headers_value(&list))
});

vector!(combine, "concept-header-list-combine", |input| {
    let mut list = input.headers("headers");
    list.combine(input.bytes("name"), input.bytes("value"));
    Outcome::result(headers_value(&list))
});

vector!(delete, "concept-header-list-delete", |input| {
    let mut list = input.headers("headers");
    list.delete(&input.bytes("name"));
    Outcome::result(headers_value(&list))
});

vector!(
    sort_and_combine,
    "concept-header-list-sort-and-combine",
    |input| { Outcome::result(headers_value(&input.headers("headers").sort_and_combine())) }
);

vector!(
    sorted_lowercase_set,
    "convert-header-names-to-a-sorted-lowercase-set",
    |input| {
        let names = input.list("names");
        Outcome::result(list_value(
            &header_list::convert_header_names_to_a_sorted_lowercase_set(&names),
        ))
    }
);

// Names and values.

vector!(is_header_name, "header-name", |input| {
    Outcome::result(header_value::is_header_name(&input.bytes("bytes")))
});

vector!(is_header_value, "header-value", |input| {
    Outcome::result(header_value::is_header_value(&input.bytes("bytes")))
});

vector!(
    normalize_a_value,
    "concept-header-value-normalize",
    |input| { Outcome::result(bytes_value(header_value::normalize(&input.bytes("bytes")))) }
);

vector!(quoted_string, "collect-an-http-quoted-string", |input| {
    let mut position = usize::try_from(input.number("position")).unwrap();
    let value = collect_an_http_quoted_string(
        &input.text("input"),
        &mut position,
        input.flag("extract_value"),
    );
    Outcome::result(json!({ "value": value, "position": position }))
});

vector!(
    split_a_value,
    "header-value-get-decode-and-split",
    |input| { Outcome::result(texts(get_decode_and_split_value(&input.bytes("value")))) }
);

vector!(
    split_a_list,
    "concept-header-list-get-decode-split",
    |input| {
        let values = get_decode_and_split(&input.headers("headers"), &input.bytes("name"));
        Outcome::result(values.map_or(Value::Null, texts))
    }
);

vector!(extract_values, "extract-header-list-values", |input| {
    match extract_header_list_values(&input.bytes("name"), &input.headers("headers")) {
        Ok(values) => Outcome::result(values.map_or(Value::Null, |values| list_value(&values))),
        Err(ExtractFailure::SeveralHeaders { count, .. }) => {
            Outcome::failure_because(json!({ "several-headers": count }))
        }
        Err(ExtractFailure::Syntax { part, .. }) => {
            Outcome::failure_because(json!({ "syntax": bytes_value(&part) }))
        }
        Err(ExtractFailure::Unmodelled { .. }) => Outcome::failure_because("unmodelled"),
    }
});

vector!(
    structured_field,
    "concept-header-list-get-structured-header",
    |input| {
        let headers = input.headers("headers");
        let name = input.bytes("name");
        let mut again = HeaderList::new();
        let parsed = match &input.text("type")[..] {
            "item" => get_a_structured_field_value::<Item>(&headers, &name)
                .map(|value| set_a_structured_field_value(&mut again, name.clone(), &value)),
            "list" => get_a_structured_field_value::<List>(&headers, &name)
                .map(|value| set_a_structured_field_value(&mut again, name.clone(), &value)),
            "dictionary" => get_a_structured_field_value::<Dictionary>(&headers, &name)
                .map(|value| set_a_structured_field_value(&mut again, name.clone(), &value)),
            other => panic!("no type is called {other}"),
        };
        let serialized = again.get(&name).unwrap_or_default();
        Outcome::result(parsed.map_or(Value::Null, |()| bytes_value(&serialized)))
    }
);

// Methods.

vector!(is_method, "concept-method", |input| {
    Outcome::result(method::is_method(&input.bytes("bytes")))
});

vector!(
    is_cors_safelisted_method,
    "cors-safelisted-method",
    |input| { Outcome::result(method::is_cors_safelisted_method(&input.bytes("bytes"))) }
);

vector!(is_forbidden_method, "forbidden-method", |input| {
    Outcome::result(method::is_forbidden_method(&input.bytes("bytes")))
});

vector!(normalize_a_method, "concept-method-normalize", |input| {
    Outcome::result(bytes_value(&method::normalize_a_method(
        input.bytes("bytes"),
    )))
});

// Safelists.

vector!(cors_safelisted, "cors-safelisted-request-header", |input| {
    let (name, value) = (input.bytes("name"), input.bytes("value"));
    Outcome::result(safelist::is_cors_safelisted_request_header(&name, &value))
});

vector!(
    cors_unsafe_names,
    "cors-unsafe-request-header-names",
    |input| {
        let names = safelist::cors_unsafe_request_header_names(&input.headers("headers"));
        Outcome::result(list_value(&names))
    }
);

vector!(
    no_cors_safelisted,
    "no-cors-safelisted-request-header",
    |input| {
        let (name, value) = (input.bytes("name"), input.bytes("value"));
        Outcome::result(safelist::is_no_cors_safelisted_request_header(
            &name, &value,
        ))
    }
);

vector!(
    no_cors_safelisted_name,
    "no-cors-safelisted-request-header-name",
    |input| {
        Outcome::result(safelist::is_no_cors_safelisted_request_header_name(
            &input.bytes("name"),
        ))
    }
);

vector!(
    privileged_name,
    "privileged-no-cors-request-header-name",
    |input| {
        Outcome::result(safelist::is_privileged_no_cors_request_header_name(
            &input.bytes("name"),
        ))
    }
);

vector!(
    non_wildcard_name,
    "cors-non-wildcard-request-header-name",
    |input| {
        Outcome::result(safelist::is_cors_non_wildcard_request_header_name(
            &input.bytes("name"),
        ))
    }
);

vector!(
    forbidden_request_header,
    "forbidden-request-header",
    |input| {
        let (name, value) = (input.bytes("name"), input.bytes("value"));
        Outcome::result(safelist::is_forbidden_request_header(&name, &value))
    }
);

vector!(
    request_body_header_name,
    "request-body-header-name",
    |input| { Outcome::result(safelist::is_request_body_header_name(&input.bytes("name"))) }
);

vector!(
    cors_safelisted_response_name,
    "cors-safelisted-response-header-name",
    |input| {
        let (name, list) = (input.bytes("name"), input.list("list"));
        Outcome::result(safelist::is_cors_safelisted_response_header_name(
            &name, &list,
        ))
    }
);

vector!(
    forbidden_response_name,
    "forbidden-response-header-name",
    |input| {
        Outcome::result(safelist::is_forbidden_response_header_name(
            &input.bytes("name"),
        ))
    }
);

// Ranges and lengths.

/// A parsed value, or, where a case goes through all bytes, whether it parsed.
fn parsed_or_failure(input: &Input, value: Option<Value>) -> Outcome {
    match value {
        value if input.goes_through_bytes() => Outcome::result(value.is_some()),
        Some(value) => Outcome::result(value),
        None => Outcome::failure(),
    }
}

vector!(single_range, "simple-range-header-value", |input| {
    let range = range::parse_a_single_range_header_value(
        &input.bytes("value"),
        input.flag("allow_whitespace"),
    );
    parsed_or_failure(input, range.map(|(start, end)| json!([start, end])))
});

vector!(content_range, "build-a-content-range", |input| {
    let value = range::build_a_content_range(
        input.number("start"),
        input.number("end"),
        input.number("length"),
    );
    Outcome::result(bytes_value(&value))
});

vector!(content_length, "header-list-extract-a-length", |input| {
    match mime::extract_a_length(&input.headers("headers")) {
        Ok(length) => Outcome::result(length),
        Err(mime::LengthsDiffer { first, other }) => {
            Outcome::failure_because(json!({ "first": first, "other": other }))
        }
    }
});

// MIME types.

vector!(parse_a_mime_type, "parse-a-mime-type", |input| {
    let parsed = mime::parse(&input.text("input"));
    parsed_or_failure(
        input,
        parsed.map(|it| {
            json!({
                "essence": it.essence(),
                "parameters": it.parameters().collect::<Vec<_>>(),
                "serialized": it.to_string(),
            })
        }),
    )
});

vector!(
    minimize_a_mime_type,
    "minimize-a-supported-mime-type",
    |input| {
        let text = input.text("input");
        let mime_type = mime::parse(&text).unwrap_or_else(|| panic!("{text:?} is no MIME type"));
        let supported = |it: &MimeType| matches!(it.essence(), "image/png" | "text/html");
        Outcome::result(mime::minimize_a_supported_mime_type(&mime_type, supported))
    }
);

vector!(
    javascript_essence_match,
    "javascript-mime-type-essence-match",
    |input| {
        Outcome::result(mime::is_javascript_mime_type_essence_match(
            &input.text("string"),
        ))
    }
);

vector!(
    extract_a_mime_type,
    "concept-header-extract-mime-type",
    |input| {
        let mime_type = mime::extract_a_mime_type(&input.headers("headers"));
        mime_type.map_or_else(Outcome::failure, |it| Outcome::result(it.to_string()))
    }
);

vector!(
    legacy_extract_an_encoding,
    "legacy-extract-an-encoding",
    |input| {
        let mime_type = input
            .optional_text("mime_type")
            .and_then(|text| mime::parse(&text));
        let fallback = encoding_rs::Encoding::for_label(input.text("fallback").as_bytes()).unwrap();
        Outcome::result(mime::legacy_extract_an_encoding(mime_type.as_ref(), fallback).name())
    }
);

vector!(determine_nosniff, "determine-nosniff", |input| {
    Outcome::result(mime::determine_nosniff(&input.headers("headers")))
});

// data: URLs.

vector!(data_url_processor, "data-url-processor", |input| {
    match data_url::process(&url(input, "url")) {
        Some(it) => Outcome::result(
            json!({ "mime_type": it.mime_type.to_string(), "body": bytes_value(&it.body) }),
        ),
        None => Outcome::failure(),
    }
});

vector!(forgiving_base64, "forgiving-base64-decode", |input| {
    let decoded = infra::forgiving_base64_decode(&input.bytes("data"));
    decoded.map_or_else(Outcome::failure, |bytes| {
        Outcome::result(bytes_value(&bytes))
    })
});

// Origins, trust, ports.

/// The origin of a URL that must have a tuple origin.
fn origin(input: &Input, field: &str) -> Origin {
    Origin::of_url(&url(input, field)).expect("a tuple origin")
}

vector!(origin_trust, "is-origin-trustworthy", |input| {
    let origin = match input.optional_text("origin") {
        Some(_) => origin(input, "origin"),
        None => Origin::opaque(0),
    };
    Outcome::result(trustworthy::is_origin_potentially_trustworthy(&origin))
});

vector!(url_trust, "is-url-trustworthy", |input| {
    Outcome::result(trustworthy::is_url_potentially_trustworthy(&url(
        input, "url",
    )))
});

vector!(bad_port, "bad-port", |input| {
    Outcome::result(ports::is_bad_port(
        u16::try_from(input.number("port")).unwrap(),
    ))
});

vector!(url_origin, "concept-url-origin", |input| {
    let origin = Origin::of_url(&url(input, "url"));
    Outcome::result(origin.map_or(Value::Null, |origin| origin.to_string().into()))
});

vector!(same_origin, "same-origin", |input| {
    let (one, other) = (origin(input, "one"), origin(input, "other"));
    let ask = |a: &Origin, b: &Origin| {
        json!({
            "same_origin": a.is_same_origin(b),
            "schemelessly_same_site": a.is_schemelessly_same_site(b),
            "same_site": a.is_same_site(b),
        })
    };
    let answer = ask(&one, &other);
    assert_eq!(answer, ask(&other, &one), "it does not matter who is asked");
    Outcome::result(answer)
});

vector!(registrable_domain, "host-registrable-domain", |input| {
    let host = Url::parse(&format!("https://{}/", input.text("host")))
        .ok()
        .and_then(|url| Host::of(&url));
    let host = host.expect("a host");
    Outcome::result(json!({
        "public_suffix": host.public_suffix(),
        "registrable_domain": host.registrable_domain(),
    }))
});

/// A file that nothing replays would prove nothing.
#[test]
fn every_file_is_replayed() {
    let tests = folder().parent().unwrap().join("tests");
    let mut sources = String::new();
    for entry in std::fs::read_dir(tests).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(
                sources.contains(&format!("\"{stem}\"")),
                "nothing replays {stem}.json"
            );
            files += 1;
        }
    }
    assert!(files > 0);
}
