//! Forms: entry lists, submission, and a person filling them in.

mod support;

use crossexam_js::{FormEntry, FormSubmission, FormValue, UserActionError};
use support::page::{Asked, Page};

fn submission(page: &Page) -> FormSubmission {
    match page.asked() {
        Asked::Submit(form) => form,
        other => panic!("no submission: {other:?}"),
    }
}

fn texts(entries: &[FormEntry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| match &entry.value {
            FormValue::Text(text) => format!("{}={text}", entry.name),
            FormValue::File {
                name,
                content_type,
                bytes,
            } => {
                format!(
                    "{}=file {name:?} {content_type} {}",
                    entry.name,
                    String::from_utf8_lossy(bytes)
                )
            }
        })
        .collect()
}

const EVERYTHING: &str = "<form id=f action=/go method=POST enctype=text/plain target=t>
    <input name=text value=v><input value=nameless><input name=off value=1 disabled>
    <input type=hidden name=hidden value=h><input type=hidden name=_charset_>
    <input type=checkbox name=c1 checked><input type=checkbox name=c2><input type=checkbox name=c3 value=3 checked>
    <input type=radio name=r value=1 checked><input type=radio name=r value=2>
    <textarea name=area>
lines</textarea>
    <select name=one><option disabled>z<option>a<option value=B>b</select>
    <select name=many multiple><option selected>x<option>y<option selected>z</select>
    <input type=file name=file><fieldset disabled><legend><input name=inlegend value=l></legend><input name=infield></fieldset>
    <datalist><input name=indatalist value=d></datalist><input type=image name=i><input type=reset name=reset value=r>
    <button name=b1 value=1>1</button><input type=submit name=b2 value=2 formaction=/other formmethod=get formenctype=multipart/form-data formtarget=_top>
  </form><input name=outside value=o form=f>";

#[test]
fn the_entry_list() {
    let page = Page::of(EVERYTHING);
    page.run("f.submit()");
    let form = submission(&page);
    assert_eq!(
        (
            form.action.as_str(),
            form.method.as_str(),
            form.enctype.as_str(),
            form.target.as_str()
        ),
        ("/go", "post", "text/plain", "t")
    );
    assert!(!form.user_activation);
    let expected = [
        "text=v",
        "hidden=h",
        "_charset_=UTF-8",
        "c1=on",
        "c3=3",
        "r=1",
        "area=lines",
        "one=a",
        "many=x",
        "many=z",
        "file=file \"\" application/octet-stream ",
        "inlegend=l",
    ];
    let mut all = expected.to_vec();
    all.push("outside=o");
    assert_eq!(texts(&form.entries), all);

    page.run("document.querySelector('[name=b2]').click()");
    let form = submission(&page);
    assert_eq!(
        (
            form.action.as_str(),
            form.method.as_str(),
            form.enctype.as_str(),
            form.target.as_str()
        ),
        ("/other", "get", "multipart/form-data", "_top")
    );
    assert_eq!(texts(&form.entries)[12..], ["b2=2", "outside=o"]);
    page.run("f.requestSubmit(document.querySelector('button'))");
    assert_eq!(
        texts(&submission(&page).entries)[12..],
        ["b1=1", "outside=o"]
    );
    page.run("document.querySelector('[type=image]').click()");
    assert_eq!(
        texts(&submission(&page).entries)[12..],
        ["i.x=0", "i.y=0", "outside=o"]
    );
    assert_eq!(page.value("[...new FormData(f).keys()].length"), "13");
    page.nothing_asked();
}

#[test]
fn scripts_fill_in_and_listen() {
    let page = Page::of(EVERYTHING);
    page.run(
        "f.text.value = 'new'; f.elements.c2.checked = true; f.querySelectorAll('[name=r]')[1].checked = true;
         f.one.value = 'B'; f.many.options[1].selected = true; f.area.value = 'other';
         const transfer = new DataTransfer(); transfer.items.add(new File(['bytes'], 'x.txt', { type: 'text/plain' })); f.file.files = transfer.files;
         f.addEventListener('formdata', (event) => event.formData.append('added', 'later'));
         f.addEventListener('submit', (event) => { console.log(event.submitter?.name, event.target.id); if (stop) event.preventDefault(); });
         stop = true; f.requestSubmit(); stop = false; f.querySelector('button').click();",
    );
    assert_eq!(page.errors(), [""; 0]);
    assert_eq!(page.console(), ["undefined f", "b1 f"]);
    assert_eq!(
        texts(&submission(&page).entries),
        [
            "text=new",
            "hidden=h",
            "_charset_=UTF-8",
            "c1=on",
            "c2=on",
            "c3=3",
            "r=2",
            "area=other",
            "one=B",
            "many=x",
            "many=y",
            "many=z",
            "file=file \"x.txt\" text/plain bytes",
            "inlegend=l",
            "b1=1",
            "outside=o",
            "added=later",
        ]
    );
    page.nothing_asked();
    // `f.reset` is the button of that name.
    page.run("HTMLFormElement.prototype.reset.call(f); f.submit()");
    assert_eq!(texts(&submission(&page).entries)[0], "text=v");
    assert_eq!(
        page.value("f.action + ' ' + f.method + ' ' + f.length"),
        "https://charlie.example/go post 22"
    );
}

#[test]
fn clicks_on_boxes_can_be_taken_back() {
    let page = Page::of(
        "<label id=l>Box <input type=checkbox id=c></label><input type=radio name=r id=r1 checked><input type=radio name=r id=r2>",
    );
    page.run(
        "c.onchange = () => console.log('change', c.checked); c.click(); l.click();
         c.onclick = () => { console.log('during', c.checked); return false; }; c.click(); console.log('after', c.checked);
         r2.onclick = () => false; r2.click(); console.log(r1.checked, r2.checked);
         r2.onclick = null; r2.click(); console.log(r1.checked, r2.checked);",
    );
    assert_eq!(
        page.console(),
        [
            "change true",
            "change false",
            "during true",
            "after false",
            "true false",
            "false true"
        ]
    );
}

#[test]
fn a_form_that_is_nowhere_is_not_submitted() {
    let page = Page::of("<body>");
    page.run(
        "const form = document.createElement('form'); form.action = 'https://alice.example/transfer'; form.method = 'post';
         form.innerHTML = '<input name=amount value=1>'; form.submit(); document.body.append(form); form.submit();",
    );
    assert_eq!(submission(&page).action, "https://alice.example/transfer");
    page.nothing_asked();
}

#[test]
fn a_person_acts() {
    let page = Page::of(
        "<form id=login action=/login method=post><input name=user><input name=password type=password><input type=checkbox name=stay>
         <select name=lang><option>en<option value=d>German</select><button name=go value=1>Log in</button></form><a href=/x id=link>x</a>
         <textarea id=t>old</textarea>",
    );
    page.run(
        "document.addEventListener('input', (event) => console.log('input', event.target.name, event.isTrusted));
         document.addEventListener('click', (event) => console.log('click', event.target.name, event.isTrusted));",
    );
    page.agent
        .user_submit(
            page.realm,
            "#login",
            &[
                ("user", "bob"),
                ("password", "hunter2"),
                ("stay", "on"),
                ("lang", "German"),
            ],
        )
        .unwrap();
    let form = submission(&page);
    assert!(form.user_activation);
    assert_eq!(
        texts(&form.entries),
        ["user=bob", "password=hunter2", "stay=on", "lang=d", "go=1"]
    );
    assert_eq!(
        page.console(),
        [
            "input user true",
            "input password true",
            "click stay true",
            "input stay true",
            "input lang true",
            "click go true"
        ]
    );
    page.agent.user_click(page.realm, "a#link").unwrap();
    let Asked::Navigate(_, url, options) = page.asked() else {
        panic!()
    };
    assert_eq!(url, "https://charlie.example/x");
    assert!(options.user_activation);
    page.agent.user_type(page.realm, "#t", "new").unwrap();
    assert_eq!(page.value("t.value"), "new");
    assert_eq!(
        page.agent.visible_text(page.realm).unwrap(),
        "bob ••••••• German Log in\nx new"
    );
}

#[test]
fn what_a_person_cannot_do_is_said() {
    let page = Page::of(
        "<form id=f><input name=user disabled></form><button id=b disabled>x</button><p>y",
    );
    let error = |result: Result<(), UserActionError>| result.unwrap_err().to_string();
    assert_eq!(
        error(page.agent.user_click(page.realm, "#nope")),
        "nothing on the page matches `#nope`; there is form#f, input[name=\"user\"], button#b"
    );
    assert_eq!(
        error(page.agent.user_type(page.realm, "#nope", "x")),
        "nothing on the page matches `#nope`; there is input[name=\"user\"]"
    );
    assert!(
        error(page.agent.user_click(page.realm, "a["))
            .starts_with("`a[` is not a selector that is understood: ")
    );
    assert_eq!(
        error(page.agent.user_click(page.realm, "#b")),
        "`#b` matches <button id=\"b\" disabled=\"\">, which is disabled"
    );
    assert_eq!(
        error(page.agent.user_type(page.realm, "p", "x")),
        "`p` matches <p>, which nobody can type into"
    );
    assert_eq!(
        error(page.agent.user_submit(page.realm, "form", &[("mail", "x")])),
        "`form` matches <form id=\"f\">, which has no field \"mail\", but input[name=\"user\"]"
    );
    let gone = crossexam_js::RealmId(99);
    assert_eq!(
        page.agent.user_click(gone, "p"),
        Err(UserActionError::NoDocument)
    );
}

#[test]
fn what_a_person_sees() {
    let page = Page::of(
        "<title>t</title><style>s</style><h1>Head  line</h1><p>one <b>two</b><br>three</p><script>4</script><noscript>5</noscript>
         <ul><li>a<li>b</ul><p hidden>6</p><p style='color: red; Display : none'>9</p><template>7</template><pre>x  y\n z</pre><table><tr><td>l<td>r</table><input type=hidden value=8>",
    );
    let text = page.agent.visible_text(page.realm).unwrap();
    assert_eq!(text, "Head line\none two\nthree\na\nb\nx y\nz\nl r");
}

#[test]
fn what_a_person_sees_of_a_deep_page() {
    let page = Page::of(&"<b>x".repeat(3_000));
    assert_eq!(
        page.agent.visible_text(page.realm).unwrap(),
        "x".repeat(3_000)
    );
    assert_eq!(
        page.value("document.querySelector('b').innerText.length"),
        "3000"
    );
    let page = Page::of("<pre>a\n<p hidden>b</p><pre hidden>c</pre><i id=i>d\ne</i></pre>f\ng");
    assert_eq!(page.agent.visible_text(page.realm).unwrap(), "a\nd\ne\nf g");
    assert_eq!(page.value("i.innerText"), "d\ne");
}
