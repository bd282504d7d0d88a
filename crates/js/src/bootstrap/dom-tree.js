// The tree: records of nodes, how they are put together and taken apart, and what happens on the way.
//
// A node is a record; the object that scripts see is made when a script first gets hold of it (dom.wrap). What a kind
// of element does when it gets into a document, leaves it or has an attribute changed is in dom.behaviours. All this
// works on records of any realm of the agent: a record's document knows the `dom` of its own realm (document.home).

export default function (ops, lib, global) {
  const { push, toLowerCase, stringIndexOf, stringSplit, trim: stringTrim, charCodeAt, DOMException } = lib.primordials;
  const dom = lib.dom = { __proto__: null };
  const HTML = dom.HTML = 'http://www.w3.org/1999/xhtml';
  dom.SVG = 'http://www.w3.org/2000/svg';
  const ELEMENT = dom.ELEMENT = 1, TEXT = dom.TEXT = 3, COMMENT = dom.COMMENT = 8, DOCUMENT = dom.DOCUMENT = 9,
    DOCTYPE = dom.DOCTYPE = 10, FRAGMENT = dom.FRAGMENT = 11;

  // The words of a list, as an object that has them as properties.
  dom.setOf = (text) => {
    const set = { __proto__: null }, words = stringSplit(text, ' ');
    for (let index = 0; index < words.length; index++) {
      const word = stringTrim(words[index]);
      if (word !== '') set[word] = true;
    }
    return set;
  };

  // --- Making records. ----------------------------------------------------------------------------------------------
  const record = (type, document) => ({
    __proto__: null, type, document, parent: null, first: null, last: null, previous: null, next: null, connected: false,
    wrapper: null,
  });
  // `active` says whether a window shows the document: only then do its elements load anything or run scripts.
  dom.newDocument = (active) => {
    const document = record(DOCUMENT, null);
    document.document = document;
    document.home = dom;
    document.active = active;
    document.connected = true;
    document.readyState = 'complete';
    document.quirks = false;
    document.contentType = 'text/html';
    document.referrer = '';
    document.currentScript = null;
    return document;
  };
  // Attributes are a list of { name, value }, in order.
  dom.newElement = (document, namespace, local, attributes = []) => {
    const element = record(ELEMENT, document);
    element.namespace = namespace;
    element.local = local;
    element.html = namespace === HTML;
    element.attributes = attributes;
    if (element.html) {
      if (local === 'template') {
        element.contents = dom.newFragment(document);
        element.contents.host = element;
      }
      dom.behaviours[local]?.created?.(element);
    }
    return element;
  };
  const withData = (type) => (document, data) => {
    const node = record(type, document);
    node.data = data;
    return node;
  };
  dom.newText = withData(TEXT);
  dom.newComment = withData(COMMENT);
  dom.newDoctype = withData(DOCTYPE);
  dom.newFragment = (document) => record(FRAGMENT, document);
  // { local name: { created(element), connected(element), disconnected(element), attribute(element, name, old),
  //   children(element) } }, for HTML elements.
  dom.behaviours = { __proto__: null };
  dom.behave = (locals, behaviour) => {
    for (let index = 0; index < locals.length; index++) dom.behaviours[locals[index]] = behaviour;
  };
  // Called for every element: onAttribute(element, name), onConnected(element), onDisconnected(element).
  dom.watchers = { __proto__: null, attribute: [], connected: [], disconnected: [] };
  const behaviourOf = (element) => (element.html ? element.document.home.behaviours[element.local] : undefined);

  // --- Walking. -----------------------------------------------------------------------------------------------------
  // The next node in tree order inside `root`, or null.
  dom.following = (node, root) => {
    if (node.first !== null) return node.first;
    return dom.followingSkippingChildren(node, root);
  };
  dom.followingSkippingChildren = (node, root) => {
    while (node !== root && node !== null) {
      if (node.next !== null) return node.next;
      node = node.parent;
    }
    return null;
  };
  dom.root = (node) => {
    while (node.parent !== null) node = node.parent;
    return node;
  };
  dom.isInclusiveAncestor = (ancestor, node) => {
    for (; node !== null; node = node.parent) if (node === ancestor) return true;
    return false;
  };
  // The first element inside `root` that `test` accepts, or null.
  dom.find = (root, test) => {
    for (let node = dom.following(root, root); node !== null; node = dom.following(node, root)) {
      if (node.type === ELEMENT && test(node)) return node;
    }
    return null;
  };
  dom.findAll = (root, test) => {
    const found = [];
    for (let node = dom.following(root, root); node !== null; node = dom.following(node, root)) {
      if (node.type === ELEMENT && test(node)) push(found, node);
    }
    return found;
  };
  dom.is = (node, local) => node !== null && node.type === ELEMENT && node.html && node.local === local;
  dom.closest = (node, local) => {
    for (; node !== null; node = node.parent) if (dom.is(node, local)) return node;
    return null;
  };
  dom.childElement = (node, local) => {
    for (let child = node.first; child !== null; child = child.next) if (dom.is(child, local)) return child;
    return null;
  };
  dom.byId = (root, id) => (id === '' ? null : dom.find(root, (element) => dom.attribute(element, 'id') === id));

  // --- Attributes. --------------------------------------------------------------------------------------------------
  const entryOf = (element, name) => {
    const list = element.attributes;
    for (let index = 0; index < list.length; index++) if (list[index].name === name) return list[index];
    return undefined;
  };
  // The value, or null.
  dom.attribute = (element, name) => entryOf(element, name)?.value ?? null;
  dom.hasAttribute = (element, name) => entryOf(element, name) !== undefined;
  const changed = (element, name, old) => {
    const { home } = element.document;
    const watchers = home.watchers.attribute;
    for (let index = 0; index < watchers.length; index++) watchers[index](element, name, old);
    behaviourOf(element)?.attribute?.(element, name, old);
  };
  dom.setAttribute = (element, name, value) => {
    const entry = entryOf(element, name);
    const old = entry === undefined ? null : entry.value;
    if (entry === undefined) push(element.attributes, { __proto__: null, name, value });
    else entry.value = value;
    changed(element, name, old);
  };
  dom.removeAttribute = (element, name) => {
    const list = element.attributes;
    let kept = 0, old = null;
    for (let index = 0; index < list.length; index++) {
      if (list[index].name === name) old = list[index].value;
      else list[kept++] = list[index];
    }
    list.length = kept;
    if (old !== null) changed(element, name, old);
  };

  // --- Putting together and taking apart. ---------------------------------------------------------------------------
  const adopt = (node, document) => {
    if (node.document === document) return;
    for (let at = node; at !== null; at = dom.following(at, node)) {
      at.document = document;
      if (at.contents !== undefined) adopt(at.contents, document);
    }
  };
  dom.adopt = (node, document) => {
    if (node.parent !== null) dom.remove(node);
    adopt(node, document);
  };
  const link = (parent, node, before) => {
    adopt(node, parent.document);
    const previous = before === null ? parent.last : before.previous;
    node.parent = parent;
    node.previous = previous;
    node.next = before;
    if (previous === null) parent.first = node;
    else previous.next = node;
    if (before === null) parent.last = node;
    else before.previous = node;
  };
  const unlink = (node) => {
    const { parent, previous, next } = node;
    if (previous === null) parent.first = next;
    else previous.next = next;
    if (next === null) parent.last = previous;
    else next.previous = previous;
    node.parent = node.previous = node.next = null;
  };
  const childrenChanged = (parent) => {
    if (parent.type === ELEMENT) behaviourOf(parent)?.children?.(parent);
  };
  const mark = (node, connected, elements) => {
    for (let at = node; at !== null; at = dom.following(at, node)) {
      at.connected = connected;
      if (at.type === ELEMENT) push(elements, at);
    }
  };
  const tell = (elements, connected) => {
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index];
      // What ran for an element before may have taken this one out again.
      if (element.connected !== connected) continue;
      const { home } = element.document;
      const watchers = connected ? home.watchers.connected : home.watchers.disconnected;
      for (let at = 0; at < watchers.length; at++) watchers[at](element);
      const behaviour = behaviourOf(element);
      if (connected) behaviour?.connected?.(element);
      else behaviour?.disconnected?.(element);
    }
  };
  // Inserts a node that may not be put there is up to the caller: see dom.ensureInsertable. A fragment's children are
  // inserted in its place.
  dom.insert = (parent, node, before = null) => {
    const elements = [];
    if (node.type === FRAGMENT) {
      if (node.first === null) return;
      const first = node.first;
      let last = null;
      while (node.first !== null) {
        last = node.first;
        unlink(last);
        link(parent, last, before);
      }
      if (parent.connected) {
        for (let at = first; ; at = at.next) {
          mark(at, true, elements);
          if (at === last) break;
        }
      }
    } else {
      if (before === node) before = node.next;
      if (node.parent !== null) dom.remove(node);
      link(parent, node, before);
      if (parent.connected) mark(node, true, elements);
    }
    childrenChanged(parent);
    tell(elements, true);
  };
  dom.remove = (node) => {
    const { parent } = node;
    if (parent === null) return;
    const elements = [];
    if (node.connected) mark(node, false, elements);
    unlink(node);
    childrenChanged(parent);
    tell(elements, false);
  };
  dom.removeChildren = (parent) => {
    while (parent.first !== null) dom.remove(parent.first);
  };
  // Replaces all children by a node or, with null, by nothing.
  dom.replaceAll = (parent, node) => {
    dom.removeChildren(parent);
    if (node !== null) dom.insert(parent, node);
  };
  // Inserts text, joining it to a text node before it.
  dom.insertText = (parent, data, before = null) => {
    const previous = before === null ? parent.last : before.previous;
    if (previous !== null && previous.type === TEXT) {
      previous.data += data;
      childrenChanged(parent);
    } else dom.insert(parent, dom.newText(parent.document, data), before);
  };
  const hierarchy = (message) => { throw new DOMException(message, 'HierarchyRequestError'); };
  // `replaced` is a child of the parent's that goes.
  dom.ensureInsertable = (parent, node, before, replaced = null) => {
    if (parent.type !== ELEMENT && parent.type !== DOCUMENT && parent.type !== FRAGMENT) hierarchy('this node cannot have children');
    // A template's contents count as below it.
    for (let at = parent; at !== null; at = at.parent ?? at.host ?? null) {
      if (at === node) hierarchy('the node is the parent or above it');
    }
    if (before !== null && before.parent !== parent) throw new DOMException('the reference node is no child of this node', 'NotFoundError');
    if (node.type === DOCUMENT) hierarchy('a document cannot be inserted');
    if (parent.type === DOCUMENT) {
      if (node.type === TEXT) hierarchy('a document holds no text itself');
      const elements = node.type === FRAGMENT ? dom.findAll(node, (element) => element.parent === node).length : node.type === ELEMENT ? 1 : 0;
      const root = dom.documentElement(parent);
      if (elements > 1 || (elements === 1 && root !== null && root !== node && root !== replaced)) hierarchy('a document has one element');
    } else if (node.type === DOCTYPE) hierarchy('a doctype belongs into a document');
  };
  dom.documentElement = (document) => {
    for (let child = document.first; child !== null; child = child.next) if (child.type === ELEMENT) return child;
    return null;
  };

  dom.clone = (node, document, deep) => {
    const one = (source) => {
      if (source.type === ELEMENT) {
        const attributes = [];
        for (let index = 0; index < source.attributes.length; index++) {
          const { name, value } = source.attributes[index];
          push(attributes, { __proto__: null, name, value });
        }
        const copy = dom.newElement(document, source.namespace, source.local, attributes);
        behaviourOf(source)?.cloned?.(source, copy);
        if (deep && source.contents !== undefined) {
          copy.contents = dom.clone(source.contents, document, true);
          copy.contents.host = copy;
        }
        return copy;
      }
      if (source.type === FRAGMENT) return dom.newFragment(document);
      if (source.type === DOCUMENT) {
        const copy = dom.newDocument(false);
        copy.contentType = source.contentType;
        return copy;
      }
      return withData(source.type)(document, source.data);
    };
    const copy = one(node);
    if (!deep) return copy;
    // Without recursion: `at` and `parent` walk both trees in step.
    let parent = copy;
    for (let at = node.first; at !== null; ) {
      const child = one(at);
      dom.insert(parent, child);
      if (at.first !== null) {
        parent = child;
        at = at.first;
        continue;
      }
      while (at !== node && at.next === null) {
        at = at.parent;
        if (at === node) break;
        parent = parent.parent;
      }
      at = at === node ? null : at.next;
    }
    return copy;
  };

  // --- Text and markup. ---------------------------------------------------------------------------------------------
  dom.textContent = (root) => {
    if (root.data !== undefined) return root.data;
    let text = '';
    for (let node = dom.following(root, root); node !== null; node = dom.following(node, root)) {
      if (node.type === TEXT) text += node.data;
    }
    return text;
  };
  // The text of the text nodes that are children themselves.
  dom.childText = (element) => {
    let text = '';
    for (let child = element.first; child !== null; child = child.next) if (child.type === TEXT) text += child.data;
    return text;
  };
  const isVoid = dom.setOf('area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr');
  const isRaw = { __proto__: null, style: true, script: true, xmp: true, iframe: true, noembed: true, noframes: true, plaintext: true, noscript: true };
  const escape = (text, attribute) => {
    let escaped = '';
    for (let index = 0; index < text.length; index++) {
      const character = text[index];
      escaped += character === '&' ? '&amp;' : character === '\u00A0' ? '&nbsp;' : character === '<' ? '&lt;'
        : character === '>' ? '&gt;' : attribute && character === '"' ? '&quot;' : character;
    }
    return escaped;
  };
  dom.startTag = (element) => {
    let tag = `<${element.local}`;
    for (let index = 0; index < element.attributes.length; index++) {
      const { name, value } = element.attributes[index];
      tag += ` ${name}="${escape(value, true)}"`;
    }
    return `${tag}>`;
  };
  // The markup of a node's children, or of itself too.
  dom.serialize = (root, outer) => {
    let markup = '';
    const enter = (node) => {
      switch (node.type) {
        case ELEMENT: markup += dom.startTag(node); break;
        case TEXT: {
          const raw = dom.parentIsRaw(node);
          markup += raw ? node.data : escape(node.data, false);
          break;
        }
        case COMMENT: markup += `<!--${node.data}-->`; break;
        case DOCTYPE: markup += `<!DOCTYPE ${node.data}>`; break;
      }
      if (node.contents !== undefined) markup += dom.serialize(node.contents, false);
    };
    const leave = (node) => {
      if (node.type === ELEMENT && !(node.html && isVoid[node.local])) markup += `</${node.local}>`;
    };
    if (outer) enter(root);
    else if (root.contents !== undefined) root = root.contents;
    let node = root;
    for (;;) {
      if (node.first !== null) node = node.first;
      else {
        while (node !== root && node.next === null) {
          leave(node);
          node = node.parent;
        }
        if (node === root) break;
        leave(node);
        node = node.next;
      }
      enter(node);
    }
    // What was left on the way up is closed already; the root is closed here.
    if (outer) leave(root);
    return markup;
  };
  dom.parentIsRaw = (node) => node.parent !== null && node.parent.type === ELEMENT && node.parent.html && isRaw[node.parent.local] === true;

  // --- Small things that several files use. -------------------------------------------------------------------------
  const isSpace = (code) => code === 0x20 || code === 0x09 || code === 0x0A || code === 0x0C || code === 0x0D;
  dom.isSpace = isSpace;
  // The tokens of a space-separated attribute, without doubles.
  dom.tokens = (text) => {
    const tokens = [];
    let token = '';
    for (let index = 0; index <= text.length; index++) {
      if (index < text.length && !isSpace(charCodeAt(text, index))) {
        token += text[index];
        continue;
      }
      if (token !== '' && lib.primordials.indexOf(tokens, token) < 0) push(tokens, token);
      token = '';
    }
    return tokens;
  };
  dom.strip = (text) => {
    let start = 0, end = text.length;
    while (start < end && isSpace(charCodeAt(text, start))) start++;
    while (end > start && isSpace(charCodeAt(text, end - 1))) end--;
    return lib.primordials.stringSlice(text, start, end);
  };
  dom.lower = (text) => {
    // ASCII only: toLowerCase would also change the Kelvin sign.
    let lowered = '';
    for (let index = 0; index < text.length; index++) {
      const code = charCodeAt(text, index);
      lowered += code >= 0x41 && code <= 0x5A ? toLowerCase(text[index]) : text[index];
    }
    return lowered;
  };
  dom.includes = (text, part) => stringIndexOf(text, part) >= 0;
}
