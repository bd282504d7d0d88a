//! For servers that stand in front.

use super::{Policy, line, lines};

pub(super) fn nginx(policy: &Policy) -> String {
    let Policy { origin, path, .. } = policy;
    let methods = policy.methods.join(", ");
    let headers = policy.headers.join(", ");
    let credentials = policy.credentials;
    let list = !policy.headers.is_empty();
    let mut all = vec![
        line("# In http { }: the one origin that is allowed, looked up and not matched."),
        line("map $http_origin $cors_origin {"),
        line("    default \"\";"),
        line(format!("    \"{origin}\" \"{origin}\";")),
        line("}"),
    ];
    if credentials {
        all.extend([
            line("map $cors_origin $cors_credentials {"),
            line("    default \"\";"),
            line(format!("    \"{origin}\" \"true\";")),
            line("}"),
        ]);
    }
    all.extend([
        line(""),
        line(
            "# In server { }. `always`: errors carry the headers, too. An empty value is not sent.",
        ),
        line(format!("location {path} {{")),
    ]);
    let common = |indent: &str| {
        vec![
            line(format!(
                "{indent}add_header Access-Control-Allow-Origin $cors_origin always;"
            )),
            credentials.then(|| {
                format!(
                    "{indent}add_header Access-Control-Allow-Credentials $cors_credentials always;"
                )
            }),
            line(format!("{indent}add_header Vary Origin always;")),
        ]
    };
    if policy.preflight {
        all.push(line("    if ($request_method = OPTIONS) {"));
        all.extend(common("        "));
        all.extend([
            line(format!(
                "        add_header Access-Control-Allow-Methods \"{methods}\" always;"
            )),
            list.then(|| {
                format!("        add_header Access-Control-Allow-Headers \"{headers}\" always;")
            }),
            line("        return 204;"),
            line("    }"),
        ]);
    }
    all.extend(common("    "));
    all.extend([
        line("    # proxy_pass and the like stay as they are."),
        line("}"),
    ]);
    lines(all)
}

pub(super) fn apache(policy: &Policy) -> String {
    let origin: String = policy
        .origin
        .chars()
        .flat_map(|it| {
            let escape = matches!(it, '.' | '[' | ']' | '+').then_some('\\');
            escape.into_iter().chain([it])
        })
        .collect();
    let methods = policy.methods.join(", ");
    let headers = policy.headers.join(", ");
    lines([
        line("# mod_headers, mod_setenvif, mod_rewrite. `always`: errors carry the headers, too."),
        line(format!("<Location \"{}\">", policy.path)),
        line(format!("    SetEnvIf Origin \"^{origin}$\" CORS_ORIGIN=$0")),
        line("    Header always set Access-Control-Allow-Origin \"%{CORS_ORIGIN}e\" env=CORS_ORIGIN"),
        policy.credentials.then(|| {
            "    Header always set Access-Control-Allow-Credentials \"true\" env=CORS_ORIGIN".to_owned()
        }),
        policy.preflight.then(|| {
            format!("    Header always set Access-Control-Allow-Methods \"{methods}\" env=CORS_ORIGIN")
        }),
        (policy.preflight && !policy.headers.is_empty()).then(|| {
            format!("    Header always set Access-Control-Allow-Headers \"{headers}\" env=CORS_ORIGIN")
        }),
        line("    Header always merge Vary \"Origin\""),
        policy.preflight.then(|| {
            "    RewriteEngine On\n    RewriteCond %{REQUEST_METHOD} =OPTIONS\n    RewriteCond %{HTTP:Access-Control-Request-Method} !^$\n    RewriteRule ^ - [R=204,L]"
                .to_owned()
        }),
        line("</Location>"),
    ])
}
