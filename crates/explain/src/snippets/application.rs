//! For frameworks and their middlewares.

use super::{Policy, line, lines, quoted};

pub(super) fn express(policy: &Policy) -> String {
    lines([
        line("const cors = require(\"cors\");"),
        line(""),
        line("// Before whatever checks who asks: preflights carry no cookies."),
        line(format!("app.use(\"{}\", cors({{", policy.path)),
        line(format!("  origin: [\"{}\"],", policy.origin)),
        line(format!("  methods: [{}],", quoted(&policy.methods, '"'))),
        line(format!(
            "  allowedHeaders: [{}],",
            quoted(&policy.headers, '"')
        )),
        policy
            .credentials
            .then(|| "  credentials: true,".to_owned()),
        line("}));"),
    ])
}

pub(super) fn hono(policy: &Policy) -> String {
    lines([
        line("import { cors } from \"hono/cors\";"),
        line(""),
        line(format!("app.use(\"{}\", cors({{", policy.path)),
        line(format!("  origin: [\"{}\"],", policy.origin)),
        line(format!(
            "  allowMethods: [{}],",
            quoted(&policy.methods, '"')
        )),
        (!policy.headers.is_empty())
            .then(|| format!("  allowHeaders: [{}],", quoted(&policy.headers, '"'))),
        policy
            .credentials
            .then(|| "  credentials: true,".to_owned()),
        line("}));"),
    ])
}

pub(super) fn axum(policy: &Policy) -> String {
    let methods: Vec<String> = policy
        .methods
        .iter()
        .map(|method| match &method[..] {
            "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS" | "PATCH" => {
                format!("Method::{method}")
            }
            other => format!("Method::from_bytes(b\"{other}\").unwrap()"),
        })
        .collect();
    let headers: Vec<String> = policy
        .headers
        .iter()
        .map(|name| format!("HeaderName::from_static(\"{}\")", name.to_ascii_lowercase()))
        .collect();
    lines([
        line("use axum::http::{HeaderName, HeaderValue, Method};"),
        line("use tower_http::cors::{AllowOrigin, CorsLayer};"),
        line(""),
        line("let cors = CorsLayer::new()"),
        line(format!(
            "    .allow_origin(AllowOrigin::list([HeaderValue::from_static(\"{}\")]))",
            policy.origin
        )),
        line(format!("    .allow_methods([{}])", methods.join(", "))),
        (!headers.is_empty()).then(|| format!("    .allow_headers([{}])", headers.join(", "))),
        policy
            .credentials
            .then(|| "    .allow_credentials(true)".to_owned()),
        line("    ;"),
        line("let app = app.layer(cors);"),
    ])
}

pub(super) fn spring(policy: &Policy) -> String {
    lines([
        line("@Configuration"),
        line("class Cors implements WebMvcConfigurer {"),
        line("    @Override"),
        line("    public void addCorsMappings(CorsRegistry registry) {"),
        line(format!("        registry.addMapping(\"{}\")", policy.path)),
        line(format!(
            "            .allowedOrigins(\"{}\")",
            policy.origin
        )),
        line(format!(
            "            .allowedMethods({})",
            quoted(&policy.methods, '"')
        )),
        line(format!(
            "            .allowedHeaders({})",
            quoted(&policy.headers, '"')
        )),
        policy
            .credentials
            .then(|| "            .allowCredentials(true)".to_owned()),
        line("            ;"),
        line("    }"),
        line("}"),
        line(
            "// With Spring Security also: http.cors(Customizer.withDefaults()), so that preflights come through.",
        ),
    ])
}

pub(super) fn django(policy: &Policy) -> String {
    lines([
        line("# settings.py, with \"corsheaders\" in INSTALLED_APPS and"),
        line("# \"corsheaders.middleware.CorsMiddleware\" at the top of MIDDLEWARE"),
        line(format!("CORS_ALLOWED_ORIGINS = [\"{}\"]", policy.origin)),
        line(format!(
            "CORS_ALLOW_METHODS = [{}]",
            quoted(&policy.methods, '"')
        )),
        line(format!(
            "CORS_ALLOW_HEADERS = [{}]",
            quoted(&policy.headers, '"')
        )),
        policy
            .credentials
            .then(|| "CORS_ALLOW_CREDENTIALS = True".to_owned()),
        line(format!(
            "CORS_URLS_REGEX = r\"^{}$\"",
            policy.path.replace('.', "\\.")
        )),
    ])
}

pub(super) fn flask(policy: &Policy) -> String {
    lines([
        line("from flask_cors import CORS"),
        line(""),
        line("CORS("),
        line("    app,"),
        line(format!(
            "    resources={{r\"{}\": {{\"origins\": [\"{}\"]}}}},",
            policy.path.replace('.', "\\."),
            policy.origin
        )),
        line(format!("    methods=[{}],", quoted(&policy.methods, '"'))),
        line(format!(
            "    allow_headers=[{}],",
            quoted(&policy.headers, '"')
        )),
        policy
            .credentials
            .then(|| "    supports_credentials=True,".to_owned()),
        line(")"),
    ])
}

pub(super) fn go_rs(policy: &Policy) -> String {
    lines([
        line("// github.com/rs/cors"),
        line("handler := cors.New(cors.Options{"),
        line(format!(
            "\tAllowedOrigins: []string{{\"{}\"}},",
            policy.origin
        )),
        line(format!(
            "\tAllowedMethods: []string{{{}}},",
            quoted(&policy.methods, '"')
        )),
        line(format!(
            "\tAllowedHeaders: []string{{{}}},",
            quoted(&policy.headers, '"')
        )),
        policy
            .credentials
            .then(|| "\tAllowCredentials: true,".to_owned()),
        line("}).Handler(mux)"),
    ])
}

pub(super) fn go_jub0bs(policy: &Policy) -> String {
    lines([
        line("// github.com/jub0bs/cors"),
        line("middleware, err := cors.NewMiddleware(cors.Config{"),
        line(format!("\tOrigins: []string{{\"{}\"}},", policy.origin)),
        line(format!(
            "\tMethods: []string{{{}}},",
            quoted(&policy.methods, '"')
        )),
        (!policy.headers.is_empty()).then(|| {
            format!(
                "\tRequestHeaders: []string{{{}}},",
                quoted(&policy.headers, '"')
            )
        }),
        policy
            .credentials
            .then(|| "\tCredentialed: true,".to_owned()),
        line("})"),
        line("if err != nil {"),
        line("\tlog.Fatal(err)"),
        line("}"),
        line("handler := middleware.Wrap(mux)"),
    ])
}

pub(super) fn aspnet(policy: &Policy) -> String {
    lines([
        line("builder.Services.AddCors(options => options.AddPolicy(\"partner\", policy => policy"),
        line(format!("    .WithOrigins(\"{}\")", policy.origin)),
        line(format!(
            "    .WithMethods({})",
            quoted(&policy.methods, '"')
        )),
        (!policy.headers.is_empty())
            .then(|| format!("    .WithHeaders({})", quoted(&policy.headers, '"'))),
        policy
            .credentials
            .then(|| "    .AllowCredentials()".to_owned()),
        line("));"),
        line(""),
        line("// After UseRouting, before UseAuthentication: preflights carry no cookies."),
        line("app.UseCors(\"partner\");"),
    ])
}
