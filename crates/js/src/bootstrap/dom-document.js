// Document, DOMParser, and the elements that change what a document's URLs and requests are: base and meta.

export default function (ops, lib, global) {
  const { push, stringSlice, stringIndexOf, defineProperty, getOwnPropertyDescriptor, toText, TypeError, DOMException } = lib.primordials;
  const { convert, dom } = lib;
  const { is, attribute } = dom;
  const documentOf = (object) => {
    const record = lib.state(object, 'Node');
    if (record.type !== dom.DOCUMENT) throw new TypeError('Illegal invocation: this object is no Document');
    return record;
  };

  // The realm's own document.
  dom.document = dom.newDocument(true);
  dom.document.readyState = 'loading';
  dom.scripting = true;

  // --- URLs. --------------------------------------------------------------------------------------------------------
  dom.documentUrl = () => ops.documentUrl();
  dom.resolveHere = (url) => ops.urlResolve(convert.USVString(dom.strip(url)));
  dom.resolve = (document, url) => document.home.resolveHere(url);
  dom.baseUrl = (document) => document.home.resolveHere('') ?? document.home.documentUrl();
  const urlOf = (record) => (record.active ? record.home.exposedUrl() : record.url ?? 'about:blank');
  dom.exposedUrl = () => {
    const url = ops.documentUrl();
    ops.exposeText('location', url);
    return url;
  };
  let fallbackBase;
  const updateBase = (record) => {
    if (record.document !== dom.document) return;
    fallbackBase ??= dom.resolveHere('');
    const base = dom.find(dom.document, (at) => is(at, 'base') && dom.hasAttribute(at, 'href'));
    ops.setBaseUrl(fallbackBase);
    const url = base === null ? null : dom.resolveHere(attribute(base, 'href'));
    if (url !== null && stringSlice(url, 0, 5) !== 'data:' && stringSlice(url, 0, 11) !== 'javascript:' && ops.allowsBase(url)) ops.setBaseUrl(url);
  };
  dom.behave(['base'], {
    connected: updateBase,
    disconnected: updateBase,
    attribute(record, name) { if (name === 'href' && record.connected) updateBase(record); },
  });
  dom.defineElement('HTMLBaseElement', ['base'], () => ({ attributes: { href: 'url', target: 'text' } }));

  // --- meta: referrer and refresh. ----------------------------------------------------------------------------------
  // The shared declarative refresh steps: the first one counts.
  dom.refresh = (content) => {
    if (dom.refreshing) return;
    dom.refreshing = true;
    refresh(content);
  };
  const refresh = (content) => {
    const text = dom.strip(content);
    let at = 0;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') at++;
    if (at === 0 && text[0] !== '.') return;
    const seconds = at === 0 ? 0 : +stringSlice(text, 0, at);
    while (at < text.length && stringIndexOf('.0123456789', text[at]) >= 0) at++;
    let rest = dom.strip(stringSlice(text, at));
    if (rest[0] === ';' || rest[0] === ',') rest = dom.strip(stringSlice(rest, 1));
    if (dom.lower(stringSlice(rest, 0, 3)) === 'url') {
      const after = dom.strip(stringSlice(rest, 3));
      if (after[0] === '=') rest = dom.strip(stringSlice(after, 1));
    }
    if (rest[0] === '"' || rest[0] === "'") {
      const end = stringIndexOf(stringSlice(rest, 1), rest[0]);
      rest = end < 0 ? stringSlice(rest, 1) : stringSlice(rest, 1, end + 1);
    }
    const url = rest === '' ? dom.documentUrl() : dom.resolveHere(rest);
    if (url === null || dom.lower(stringSlice(url, 0, 11)) === 'javascript:') return;
    lib.setTimer(seconds * 1000, () => dom.navigate({ __proto__: null }, url, { __proto__: null, replace: true }));
  };
  const applyMeta = (record) => {
    if (!record.connected || record.document !== dom.document) return;
    const content = attribute(record, 'content');
    if (content === null || content === '') return;
    if (dom.lower(attribute(record, 'name') ?? '') === 'referrer') ops.setReferrerPolicy(convert.USVString(dom.strip(content)));
    if (dom.lower(attribute(record, 'http-equiv') ?? '') === 'content-security-policy' && !record.policyApplied && record.parent !== null && is(record.parent, 'head')) {
      record.policyApplied = true;
      ops.addMetaPolicy(convert.USVString(content));
    }
    if (dom.lower(attribute(record, 'http-equiv') ?? '') === 'refresh') dom.refresh(content);
  };
  dom.behave(['meta'], { connected: applyMeta, attribute: (record, name) => { if (name === 'content' || name === 'name') applyMeta(record); } });

  // --- Document -----------------------------------------------------------------------------------------------------
  const bodyOf = (document) => {
    const root = dom.documentElement(document);
    if (!is(root, 'html')) return null;
    for (let child = root.first; child !== null; child = child.next) if (is(child, 'body') || is(child, 'frameset')) return child;
    return null;
  };
  dom.bodyOf = bodyOf;
  const headOf = (document) => {
    const root = dom.documentElement(document);
    return is(root, 'html') ? dom.childElement(root, 'head') : null;
  };
  const collapse = (text) => lib.primordials.join(words(text), ' ');
  const words = (text) => {
    const list = [];
    let word = '';
    for (let index = 0; index <= text.length; index++) {
      if (index < text.length && !dom.isSpace(lib.primordials.charCodeAt(text, index))) word += text[index];
      else if (word !== '') {
        push(list, word);
        word = '';
      }
    }
    return list;
  };
  dom.words = words;
  const titleOf = (document) => dom.find(document, (record) => is(record, 'title'));
  const collect = (key, test) => ({
    get [key]() {
      const record = documentOf(this);
      return dom.liveCollection(record, key, () => dom.findAll(record, test));
    },
  });
  // Markup is written into the document of a window alone.
  const ensureWritable = (record) => {
    if (record !== dom.document) throw new DOMException('the document belongs to no window', 'InvalidStateError');
  };
  const cookieJar = (record) => record.active && record.home === dom;
  const prototype = {
    get URL() { return urlOf(documentOf(this)); },
    get documentURI() { return urlOf(documentOf(this)); },
    get compatMode() { return documentOf(this).quirks ? 'BackCompat' : 'CSS1Compat'; },
    get characterSet() { return documentOf(this).characterSet ?? 'UTF-8'; },
    get charset() { return documentOf(this).characterSet ?? 'UTF-8'; },
    get inputEncoding() { return documentOf(this).characterSet ?? 'UTF-8'; },
    open() {
      const record = documentOf(this);
      if (arguments.length > 2) return global.open(arguments[0], arguments[1], arguments[2]);
      ensureWritable(record);
      dom.openDocument();
      return this;
    },
    write() {
      ensureWritable(documentOf(this));
      let markup = '';
      for (let index = 0; index < arguments.length; index++) markup += convert.DOMString(arguments[index]);
      dom.write(markup);
    },
    writeln() {
      ensureWritable(documentOf(this));
      let markup = '';
      for (let index = 0; index < arguments.length; index++) markup += convert.DOMString(arguments[index]);
      dom.write(`${markup}\n`);
    },
    close() {
      ensureWritable(documentOf(this));
      dom.closeDocument();
    },
    get contentType() { return documentOf(this).contentType; },
    get doctype() {
      for (let child = documentOf(this).first; child !== null; child = child.next) if (child.type === dom.DOCTYPE) return dom.wrap(child);
      return null;
    },
    get documentElement() { return dom.wrap(dom.documentElement(documentOf(this))); },
    get head() { return dom.wrap(headOf(documentOf(this))); },
    get body() { return dom.wrap(bodyOf(documentOf(this))); },
    set body(value) {
      const document = documentOf(this), record = dom.elementRecord(value), old = bodyOf(document), root = dom.documentElement(document);
      if (!is(record, 'body') && !is(record, 'frameset')) throw new DOMException('not a body', 'HierarchyRequestError');
      if (root === null) throw new DOMException('the document has no element', 'HierarchyRequestError');
      if (old === record) return;
      dom.ensureInsertable(root, record, old, old);
      dom.insert(root, record, old);
      if (old !== null) dom.remove(old);
    },
    get title() { const title = titleOf(documentOf(this)); return title === null ? '' : collapse(dom.childText(title)); },
    set title(value) {
      const document = documentOf(this);
      let title = titleOf(document);
      if (title === null) {
        const head = headOf(document);
        if (head === null) return;
        title = dom.newElement(document, dom.HTML, 'title');
        dom.insert(head, title);
      }
      dom.replaceAll(title, dom.newText(document, convert.DOMString(value)));
    },
    get readyState() { return documentOf(this).readyState; },
    // MODEL: every tab is seen. A document that no window shows is not.
    get hidden() { return !documentOf(this).active || dom.isHidden === true; },
    get visibilityState() { return this.hidden ? 'hidden' : 'visible'; },
    get referrer() {
      const { referrer } = documentOf(this);
      ops.exposeText('referrer', referrer);
      return referrer;
    },
    get cookie() { return cookieJar(documentOf(this)) ? ops.cookie() : ''; },
    set cookie(value) { if (cookieJar(documentOf(this))) ops.setCookie(convert.USVString(value)); },
    get domain() { return documentOf(this).active ? dom.domain ?? ops.documentDomain() : ''; },
    set domain(value) {
      const document = documentOf(this);
      value = convert.USVString(value);
      if (!document.active) throw new DOMException('the document has no window', 'SecurityError');
      ops.setDomain(value);
      dom.domain = dom.lower(value);
    },
    get currentScript() { return dom.wrap(documentOf(this).currentScript); },
    get defaultView() { return documentOf(this).active ? global : null; },
    get location() { return documentOf(this).active ? dom.location : null; },
    set location(url) { if (documentOf(this).active) dom.location.href = url; },
    getElementById(id) {
      const record = documentOf(this);
      lib.requireArguments(arguments.length, 1, 'Document.getElementById');
      return dom.wrap(dom.byId(record, convert.DOMString(id)));
    },
    getElementsByName(name) {
      const record = documentOf(this), wanted = convert.DOMString(name);
      return dom.nodeList(() => dom.findAll(record, (element) => element.html && attribute(element, 'name') === wanted));
    },
    createElement(name) {
      const document = documentOf(this);
      lib.requireArguments(arguments.length, 1, 'Document.createElement');
      return dom.wrap(dom.newElement(document, dom.HTML, dom.lower(checkTag(convert.DOMString(name)))));
    },
    createElementNS(namespace, name) {
      const document = documentOf(this);
      const local = checkTag(convert.DOMString(name));
      const colon = stringIndexOf(local, ':');
      return dom.wrap(dom.newElement(document, namespace === null ? '' : convert.DOMString(namespace), colon < 0 ? local : stringSlice(local, colon + 1)));
    },
    createDocumentFragment() { return dom.wrap(dom.newFragment(documentOf(this))); },
    createTextNode(data) { return dom.wrap(dom.newText(documentOf(this), convert.DOMString(data))); },
    createComment(data) { return dom.wrap(dom.newComment(documentOf(this), convert.DOMString(data))); },
    importNode(node) { return dom.wrap(dom.clone(movable(node), documentOf(this), !!arguments[1])); },
    adoptNode(node) {
      dom.adopt(movable(node), documentOf(this));
      return node;
    },
  };
  const movable = (object) => {
    const record = lib.state(object, 'Node');
    if (record.type === dom.DOCUMENT) throw new DOMException('a document belongs to no other', 'NotSupportedError');
    return record;
  };
  const checkTag = (name) => {
    const first = dom.lower(name[0] ?? '');
    if (!((first >= 'a' && first <= 'z') || first === '_' || first === ':' || first >= '\u0080')) throw new DOMException(`'${name}' is not a valid name`, 'InvalidCharacterError');
    return dom.checkName(name);
  };
  const lists = [
    collect('forms', (record) => is(record, 'form')), collect('images', (record) => is(record, 'img')),
    collect('scripts', (record) => is(record, 'script')), collect('embeds', (record) => is(record, 'embed')),
    collect('links', (record) => (is(record, 'a') || is(record, 'area')) && dom.hasAttribute(record, 'href')),
  ];
  for (let index = 0; index < lists.length; index++) for (const key in lists[index]) defineProperty(prototype, key, getOwnPropertyDescriptor(lists[index], key));
  const Document = lib.defineAbstractInterface('Document', { parent: global.Node, prototype });
  dom.mix([Document], dom.parentNode);
  dom.mix([Document], dom.elementsBy);
  lib.defineEventHandlers(Document.prototype, dom.globalHandlers);
  lib.defineEventHandlers(Document.prototype, ['readystatechange', 'visibilitychange']);
  const HTMLDocument = lib.defineAbstractInterface('HTMLDocument', { parent: Document });
  dom.documentInterface = HTMLDocument;

  // --- DOMParser ----------------------------------------------------------------------------------------------------
  function DOMParser() {
    lib.requireNew(new.target, 'DOMParser');
    lib.init(this, 'DOMParser', {});
  }
  lib.defineInterface(DOMParser, {
    prototype: {
      parseFromString(markup, type) {
        lib.state(this, 'DOMParser');
        lib.requireArguments(arguments.length, 2, 'DOMParser.parseFromString');
        markup = convert.DOMString(markup);
        type = toText(type);
        // MODEL: there is no XML parser.
        if (type !== 'text/html') throw new TypeError(`DOMParser.parseFromString: '${type}' is not supported`);
        return dom.wrap(dom.parseDocument(markup));
      },
    },
  });
}
