//! The tree as scripts see it: nodes, selectors, events.

mod support;

use support::page::{Asked, Page};

/// Every line of the script is an expression that must be true.
fn all_true(page: &Page, lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        assert_eq!(page.value(&format!("({line})")), "true", "{line}");
    }
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn nodes() {
    let page = Page::of(
        "<!doctype html><html lang=en><head><title> A  title </title></head>\
         <body><div id=a class='x y' data-user-id=7><p>one</p><!--note-->two<b>three</b></div><form name=f></form></body></html>",
    );
    page.run("a = document.getElementById('a'); made = document.createElement('DIV')");
    all_true(
        &page,
        "a instanceof HTMLDivElement && a instanceof HTMLElement && a instanceof Element && a instanceof Node && a instanceof EventTarget
         document instanceof HTMLDocument && document instanceof Document && window instanceof Window
         Object.prototype.toString.call(a) === '[object HTMLDivElement]'
         document.title === 'A title' && document.doctype.name === 'html' && document.compatMode === 'CSS1Compat'
         document.documentElement.lang === 'en' && document.head.tagName === 'HEAD' && document.body.parentNode.parentNode === document
         a.childNodes.length === 4 && a.children.length === 2 && a.childNodes[1].nodeType === 8 && a.childNodes[2].data === 'two'
         a.firstElementChild.nextElementSibling === a.lastChild && a.lastChild.previousSibling.nodeName === '#text'
         a.textContent === 'onetwothree' && a.innerHTML === '<p>one</p><!--note-->two<b>three</b>'
         a.childNodes === a.childNodes && [...a.children].map((child) => child.localName).join() === 'p,b'
         a.className === 'x y' && a.classList.contains('y') && a.classList.length === 2 && a.dataset.userId === '7' && 'userId' in a.dataset
         a.getAttribute('CLASS') === 'x y' && a.hasAttribute('data-user-id') && a.getAttribute('none') === null
         document.forms.items === undefined && a.childNodes.items === undefined && Reflect.ownKeys(document.forms).join() === '0'
         a.isConnected && !made.isConnected && made.ownerDocument === document && made.tagName === 'DIV' && made.localName === 'div'
         document.getElementsByTagName('p')[0].parentElement === a && document.getElementsByClassName('y x')[0] === a
         document.forms.f === document.getElementsByName('f')[0] && document.forms.length === 1 && document.body.contains(a)
         document.f === document.forms[0] && !('a' in document) && document.forms[0].name === 'f'
         window.a === a && typeof notThere === 'undefined'
         document.createElement('x-y') instanceof HTMLElement && document.createElement('blink') instanceof HTMLUnknownElement",
    );
    page.run(
        "list = a.getElementsByTagName('i');
         made.append('text', document.createElement('i'), new Comment('c'));
         a.prepend(made); a.insertBefore(document.createTextNode('<'), made);
         a.classList.add('z'); a.classList.toggle('x'); a.dataset.more = '\"'; delete a.dataset.userId;
         copy = a.cloneNode(true); copy.id = 'copy'; a.after(copy);",
    );
    all_true(
        &page,
        "list.length === 1 && list[0] === made.lastElementChild
         a.outerHTML === '<div id=\"a\" class=\"y z\" data-more=\"&quot;\">&lt;<div>text<i></i><!--c--></div><p>one</p><!--note-->two<b>three</b></div>'
         copy.innerHTML === a.innerHTML && a.nextSibling === copy && copy.firstChild !== a.firstChild
         (made.remove(), made.parentNode === null && list.length === 0)
         (a.replaceChildren(...a.querySelectorAll('b')), a.innerHTML === '<b>three</b>')
         (a.firstChild.replaceWith('x', 'y'), a.normalize(), a.childNodes.length === 1 && a.textContent === 'xy')
         (a.insertAdjacentHTML('beforeend', '<u>1</u>'), a.insertAdjacentText('afterbegin', '0'), a.innerHTML === '0xy<u>1</u>')
         (document.title = 'new', document.querySelector('title').textContent === 'new')
         (a.outerHTML = '<s id=s></s>', document.getElementById('a') === null && window.s.tagName === 'S')
         (s.remove(), !('s' in window))
         (document.f.name = 'g', document.g === document.forms[0] && document.f === undefined && !('f' in window))",
    );
    for (source, name) in [
        (
            "document.body.appendChild(document.documentElement)",
            "HierarchyRequestError",
        ),
        (
            "document.append(document.createElement('html'))",
            "HierarchyRequestError",
        ),
        ("document.body.removeChild(document.head)", "NotFoundError"),
        ("document.createElement('<')", "InvalidCharacterError"),
        ("document.adoptNode(document)", "NotSupportedError"),
        (
            "document.body = document.createElement('p')",
            "HierarchyRequestError",
        ),
        (
            "const t = document.createElement('template'); t.content.append(document.createElement('p')); t.content.firstChild.append(t)",
            "HierarchyRequestError",
        ),
        ("document.body.appendChild('text')", "TypeError"),
        ("document.querySelector('a[')", "SyntaxError"),
        (
            "Node.prototype.appendChild.call({}, document.body)",
            "TypeError",
        ),
        ("new HTMLElement()", "TypeError"),
    ] {
        page.run(&format!("try {{ {source}; console.log('nothing thrown') }} catch (error) {{ console.log(error.name) }}"));
        assert_eq!(page.console(), [name], "{source}");
    }
}

#[test]
fn nodes_are_put_where_they_are_already() {
    let page = Page::of("<p id=p><i>1</i><b>2</b></p>");
    page.run(
        "const show = () => console.log(p.innerHTML);
         p.prepend(p.firstChild); show(); p.insertBefore(p.firstChild, p.firstChild); show(); p.prepend(p.lastChild, p.firstChild); show();
         p.firstChild.replaceWith('x', p.firstChild, 'y'); show(); p.replaceChild(p.lastChild, p.firstChild); show();
         const fragment = document.createDocumentFragment(); fragment.append('1', '2');
         try { fragment.firstChild.replaceWith(fragment, 'z') } catch (error) { console.log(error.name) }
         const html = document.documentElement; html.replaceWith(html.cloneNode(true)); console.log(document.documentElement !== html);",
    );
    assert_eq!(
        page.console(),
        [
            "<i>1</i><b>2</b>",
            "<i>1</i><b>2</b>",
            "<b>2</b><i>1</i>",
            "x<b>2</b>y<i>1</i>",
            "<i>1</i><b>2</b>y",
            "NotFoundError",
            "true"
        ]
    );
}

#[test]
fn a_tree_moved_while_its_parent_is_parsed_stays_a_tree() {
    let page = Page::of(
        "<div id=a><p id=b><script>document.body.append(document.getElementById('b')); document.getElementById('a').remove()</script>rest<i>more</i>",
    );
    assert_eq!(
        page.value("document.body.lastChild.textContent.endsWith('restmore')"),
        "true"
    );
    let page = Page::of(
        "<table id=t><tr><script>document.getElementById('t').remove()</script><b>out</b>text<td>in",
    );
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn markup_goes_round() {
    let page = Page::of("<body>");
    for markup in [
        "<p class=\"a\">x &amp; &lt;y&gt;</p>",
        "<script>if (a < b && c) {}</script>",
        "<img src=\"a.png\" alt=\"&quot;\"><br>",
        "<template><p>inside</p></template>",
        "<svg viewBox=\"0 0 1 1\"><path d=\"M0\"></path></svg>",
        "<textarea>\n<b></textarea>",
    ] {
        let back = page.value(&format!(
            "(document.body.innerHTML = {markup:?}, document.body.innerHTML)"
        ));
        let expected = markup.replace("\n<b>", "&lt;b&gt;");
        assert_eq!(back, expected);
    }
    assert_eq!(
        page.value("(() => { const row = document.createElement('tr'); row.innerHTML = '<td>1<td>2'; return row.cells === undefined && row.children.length })()"),
        "2"
    );
}

#[test]
fn selectors() {
    let page = Page::of(
        "<main id=m><p class='a b' title='Hello World' lang=en-GB>1</p><p class=a><i>2</i></p><ul><li>x<li class=last>y</ul>
         <input type=checkbox name=c checked><input name=\"t.1\" disabled><a href='https://alice.example/x.pdf'>l</a></main><p>3</p>",
    );
    for (selector, count) in [
        ("p", 3),
        ("*", 14),
        ("#m > p", 2),
        ("main p, li", 4),
        (".a.b", 1),
        ("p:not(.b)", 2),
        ("[title]", 1),
        ("[title=\"Hello World\"]", 1),
        ("[title~=World]", 1),
        ("[lang|=en]", 1),
        ("a[href^='https://'][href$=\".pdf\"][href*=alice]", 1),
        ("[TITLE='hello world' i]", 1),
        ("p + p", 1),
        ("p ~ ul", 1),
        ("p ~ ul li:last-child", 1),
        ("li:nth-child(2n+1)", 1),
        ("li:nth-child(2)", 1),
        ("input:checked", 1),
        ("input:disabled", 1),
        ("input:enabled", 1),
        ("[name='t.1']", 1),
        (":is(p, li):first-child", 2),
        ("main i", 1),
        ("main > i", 0),
        ("P.a", 2),
        (":root > body", 1),
        ("p\\.x", 0),
    ] {
        assert_eq!(
            page.value(&format!("document.querySelectorAll({selector:?}).length")),
            count.to_string(),
            "{selector}"
        );
    }
    assert_eq!(
        page.value("document.querySelector('i').closest('main').id"),
        "m"
    );
    assert_eq!(
        page.value("document.querySelector('p').matches('main > .b')"),
        "true"
    );
    assert_eq!(page.value("m.querySelectorAll(':scope > p').length"), "2");
    for selector in [
        "",
        "p >",
        ">",
        "p,,i",
        "[a",
        "[a=]",
        ":hover()",
        ":nope",
        "p::before",
        "#",
        ".",
        "1a",
        "a[b!=c]",
        ":not()",
        "\\",
    ] {
        let source = format!(
            "try {{ document.querySelector({selector:?}); console.log('fine') }} catch (error) {{ console.log(error.name) }}"
        );
        page.run(&source);
        assert_eq!(page.console(), ["SyntaxError"], "{selector}");
    }
}

#[test]
fn events_go_down_and_up() {
    let page = Page::of(
        "<div id=outer onclick=\"console.log('attribute', this.id, event.type)\"><p id=inner>x</p></div>",
    );
    page.run(
        "for (const target of [window, document, outer, inner]) {
           const name = target === window ? 'window' : target.id ?? 'document';
           target.addEventListener('click', (event) => console.log('down', name, event.eventPhase), true);
           target.addEventListener('click', (event) => console.log('up', name, event.target.id));
         }
         inner.click();",
    );
    assert_eq!(
        page.console(),
        [
            "down window 1",
            "down document 1",
            "down outer 1",
            "down inner 2",
            "up inner inner",
            "attribute outer click",
            "up outer inner",
            "up document inner",
            "up window inner",
        ]
    );
    page.run(
        "const stop = (event) => event.stopPropagation();
         document.addEventListener('click', stop, true); inner.click(); document.removeEventListener('click', stop, true);
         inner.addEventListener('quiet', () => console.log('quiet'));
         outer.addEventListener('quiet', () => console.log('never'));
         inner.dispatchEvent(new Event('quiet'));
         outer.onclick = null; outer.setAttribute('onclick', 'return false');
         const event = new MouseEvent('click', { bubbles: true, cancelable: true });
         console.log(inner.dispatchEvent(event), event.defaultPrevented, event.isTrusted)",
    );
    let console = page.console();
    assert_eq!(&console[..3], ["down window 1", "down document 1", "quiet"]);
    assert_eq!(console.last().unwrap(), "false true false");
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn handlers_in_attributes_have_their_scopes_and_report_their_errors() {
    let page = Page::of(
        "<form id=f action=/go><input name=field value=v><button type=button id=b onclick=\"console.log(field.value, action, title, forms.length)\" title=T></button></form>
         <button id=broken onclick=\"}; console.log('escaped'); {\"></button><button id=thrower onclick='nope()'></button>",
    );
    page.run("b.click(); broken.click(); thrower.click();");
    assert_eq!(page.console(), ["v https://charlie.example/go T 1"]);
    let errors = page.errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0].starts_with("SyntaxError") && errors[1].starts_with("ReferenceError"),
        "{errors:?}"
    );
}

#[test]
fn links_are_followed_where_they_point() {
    let page = Page::of(
        "<base target=side><a id=plain href=next?q#f>x</a><a id=blank href=//alice.example/ target=_blank rel=noreferrer referrerpolicy=origin><i id=i>x</i></a>
         <a id=none>y</a><a id=stopped href=z onclick='return false'>z</a><a id=own target=_self href=/own>o</a><a id=js href='javascript:console.log(1+1)' target=_self>j</a>",
    );
    page.run("plain.click(); i.click(); none.click(); stopped.click(); own.click()");
    let Asked::Navigate(target, url, options) = page.asked() else {
        panic!()
    };
    assert_eq!(
        target,
        crossexam_js::NavigationTarget::Named("side".to_owned())
    );
    assert_eq!(url, "https://charlie.example/page/next?q#f");
    assert!(!options.user_activation && !options.no_opener);
    let Asked::Navigate(_, url, options) = page.asked() else {
        panic!()
    };
    assert_eq!(url, "https://alice.example/");
    assert!(options.no_referrer && options.no_opener);
    assert_eq!(options.referrer_policy.as_deref(), Some("origin"));
    let Asked::Navigate(target, ..) = page.asked() else {
        panic!()
    };
    assert_eq!(target, crossexam_js::NavigationTarget::Own);
    page.nothing_asked();
    page.run("js.click()");
    page.run_timers();
    assert_eq!(page.console(), ["2"]);
    assert_eq!(
        page.value("plain.pathname + plain.search + plain.hash + plain.host"),
        "/page/next?q#fcharlie.example"
    );
}

#[test]
fn what_is_not_there_is_undefined() {
    let page = Page::of("<p id=p>x");
    for name in [
        "document.cookieStore",
        "document.createEvent",
        "document.exitFullscreen",
        "window.localStorage",
        "window.sessionStorage",
        "window.indexedDB",
        "window.customElements",
        "window.MutationObserver",
        "window.history",
        "window.getComputedStyle",
        "window.matchMedia",
        "window.requestAnimationFrame",
        "window.alert",
        "p.attachShadow",
        "p.getBoundingClientRect",
        "p.style",
        "p.animate",
        "window.ServiceWorker",
        "window.BroadcastChannel",
        "document.createElement('canvas').getContext",
        "document.createElement('video').play",
    ] {
        assert_eq!(page.value(&format!("typeof {name}")), "undefined", "{name}");
    }
}

#[test]
fn bases_and_metas_set_what_requests_use() {
    let page = Page::of(
        "<base href=/other/><meta name=referrer content=no-referrer><meta http-equiv=refresh content='1; URL=\"next\"'><img src=i>",
    );
    assert_eq!(
        page.value("document.baseURI"),
        "https://charlie.example/other/"
    );
    assert_eq!(
        page.value("document.images[0].src"),
        "https://charlie.example/other/i"
    );
    let environment = crossexam_js::RealmHost::environment(&*page.world, page.realm);
    assert_eq!(
        environment
            .policy_container
            .borrow()
            .referrer_policy
            .to_string(),
        "no-referrer"
    );
    page.load();
    page.nothing_asked();
    page.run_timers();
    let Asked::Navigate(_, url, options) = page.asked() else {
        panic!()
    };
    assert_eq!(url, "https://charlie.example/other/next");
    assert!(options.replace);
    page.run("document.querySelector('base').remove()");
    assert_eq!(
        page.value("document.baseURI"),
        "https://charlie.example/page/index.html"
    );
}

#[test]
fn cookies_domain_and_referrer() {
    let page = Page::empty();
    page.world.cookie.replace("session=1".to_owned());
    let source = crossexam_js::DocumentSource {
        referrer: "https://alice.example/?token=t",
        ..Default::default()
    };
    page.agent.load_document(page.realm, "<p>", source).unwrap();
    assert_eq!(page.value("document.cookie"), "session=1");
    assert_eq!(
        page.value("document.referrer"),
        "https://alice.example/?token=t"
    );
    page.run("document.cookie = 'a=b; Path=/'");
    assert_eq!(*page.world.cookie.borrow(), "a=b; Path=/");
    assert_eq!(page.value("document.domain"), "charlie.example");
    page.run("document.domain = 'charlie.example'; try { document.domain = 'example' } catch (error) { console.log(error.name, error instanceof DOMException) }");
    assert_eq!(page.console(), ["SecurityError true"]);
    let exposed = page.world.exposed.take();
    assert!(exposed.contains(&("document.cookie", "session=1".to_owned())));
    assert!(exposed.contains(&(
        "document.referrer",
        "https://alice.example/?token=t".to_owned()
    )));
}

/// Does things at random to a tree, and says what of it is no tree any more.
const SHUFFLE: &str = r#"
let state = SEED;
const random = (bound) => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % bound; };
const pool = [document, document.body, document.head, document.documentElement, document.createDocumentFragment()];
const pick = () => pool[random(pool.length)];
const other = new DOMParser().parseFromString('<p>a<b>c</b></p>', 'text/html');
const tags = ['div', 'p', 'span', 'template', 'form', 'input', 'iframe', 'title', 'body', 'select', 'option'];
const deeds = [
  () => { const made = document.createElement(tags[random(tags.length)]); made.id = 'i' + random(5); pool.push(made); },
  () => pool.push(document.createTextNode('t'), new Comment('c')),
  () => pick().appendChild(pick()), () => pick().insertBefore(pick(), pick().firstChild), () => pick().insertBefore(pick(), pick()),
  () => pick().removeChild(pick()), () => pick().replaceChild(pick(), pick()), () => pick().remove(),
  () => pick().append(pick(), 'x', pick()), () => pick().prepend(pick()), () => pick().before(pick(), pick()), () => pick().after(pick()),
  () => pick().replaceWith(pick(), 'y', pick()), () => pick().replaceChildren(pick(), pick()), () => pool.push(pick().cloneNode(true)),
  () => { pick().textContent = 'z'; }, () => { pick().innerHTML = '<div><p>q</p><i></i></div>r'; }, () => pick().normalize(),
  () => other.body.append(pick()), () => document.adoptNode(pick()), () => pool.push(document.importNode(pick(), true)),
  () => { pick().outerHTML = '<u>v</u>w'; }, () => pick().insertAdjacentElement('afterend', pick()), () => { pick().name = 'n' + random(3); },
  () => { document.title = 'T'; }, () => { document.body = pick(); }, () => pool.push(pick().firstChild ?? document), () => pick().content.append(pick()),
];
let done = 0;
for (let round = 0; round < 400; round++) {
  try { deeds[random(deeds.length)](); done++; } catch (error) {
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
  }
  if (pool.length > 60) pool.splice(5, 20);
}
const wrong = [];
const check = (parent, connected, depth) => {
  if (depth > 500) return wrong.push('a circle');
  let before = null;
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) {
    if (child.parentNode !== parent) wrong.push('parent');
    if (child.previousSibling !== before) wrong.push('sibling');
    if (child.isConnected !== connected) wrong.push('connected');
    if (child.ownerDocument !== (parent.ownerDocument ?? parent)) wrong.push('document');
    before = child;
    check(child, connected, depth + 1);
  }
  if (parent.lastChild !== before) wrong.push('last');
  if (parent.childNodes.length !== [...parent.childNodes].length) wrong.push('length');
};
check(document, true, 0);
check(other, true, 0);
for (const node of pool) {
  let root = node;
  for (let steps = 0; root.parentNode !== null; steps++) { root = root.parentNode; if (steps > 500) { wrong.push('endless'); break; } }
  check(root, root.nodeType === 9, 0);
}
if ([...document.childNodes].filter((child) => child.nodeType === 1).length > 1) wrong.push('two roots');
if (document.querySelectorAll('iframe').length !== length) wrong.push('frames');
for (let id = 0; id < 5; id++) {
  const name = 'i' + id, first = document.getElementById(name);
  if ((window[name] ?? null) !== first) wrong.push('window.' + name);
}
console.log(wrong.join(), done > 40);
"#;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_scripts_do_a_tree_stays_a_tree(seed in 1_u32..) {
        let page = Page::of("<title>t</title><div id=i0><p id=i1>x<b>y</b></p></div>");
        page.run(&format!("{{ {} }}", SHUFFLE.replace("SEED", &seed.to_string())));
        proptest::prop_assert_eq!(page.console(), [" true"]);
        proptest::prop_assert_eq!(page.errors(), [""; 0]);
    }
}
