// Node and what is directly below it: Element, CharacterData and DocumentFragment.

export default function (ops, lib, global) {
  const { push, splice, indexOf, join, apply, defineProperty, getOwnPropertyDescriptor, toUpperCase, symbolIterator, DOMException, TypeError } = lib.primordials;
  const { convert, dom } = lib;
  const { ELEMENT, TEXT, COMMENT, DOCUMENT, DOCTYPE, FRAGMENT } = dom;
  const node = (object) => lib.state(object, 'Node');
  const ofType = (type, name) => (object) => {
    const record = node(object);
    if (record.type !== type) throw new TypeError(`Illegal invocation: this object is no ${name}`);
    return record;
  };
  const elementOf = ofType(ELEMENT, 'Element');
  const argument = (value, where) => {
    convert.interface(value, 'Node', where);
    return node(value);
  };
  dom.record = node;
  dom.elementRecord = elementOf;

  // --- Objects for records. -----------------------------------------------------------------------------------------
  const interfaceOf = (record) => {
    switch (record.type) {
      case ELEMENT: return record.html ? dom.interfaceOfElement(record) : record.namespace === dom.SVG ? dom.SVGElement : Element;
      case TEXT: return Text;
      case COMMENT: return Comment;
      case DOCTYPE: return DocumentType;
      case FRAGMENT: return DocumentFragment;
      default: return dom.documentInterface;
    }
  };
  // The object that stands for a record; made in the realm of its document.
  dom.wrap = (record) => {
    if (record === null) return null;
    return record.wrapper ?? record.document.home.makeWrapper(record);
  };
  dom.makeWrapper = (record) => {
    const object = lib.instantiate(interfaceOf(record));
    return dom.dress(record, dom.is(record, 'form') ? withControls(record, object) : object);
  };
  // form.name and form[0] are controls of the form, ahead of the form's own properties.
  const withControls = (form, object) => {
    const control = (key) => {
      if (typeof key !== 'string') return null;
      const index = indexOfKey(key);
      return index >= 0 ? dom.controlsOf(form)[index] ?? null : dom.namedControl(form, key);
    };
    return new NativeProxy(object, {
      __proto__: null,
      get: (target, key, receiver) => dom.wrap(control(key)) ?? reflectGet(target, key, receiver),
      has: (target, key) => control(key) !== null || reflectHas(target, key),
    });
  };
  dom.dress = (record, object) => {
    record.wrapper = object;
    lib.init(object, 'Node', record);
    lib.initEventTarget(object);
    if (record.type === ELEMENT) {
      for (let index = 0; index < record.attributes.length; index++) dom.handlerAttribute(record, record.attributes[index].name);
    }
    return object;
  };

  const { cached, childElements, childRecords, indexOfKey, tokenList } = dom;
  const NativeProxy = Proxy, reflectGet = Reflect.get, reflectHas = Reflect.has;
  const fixed = (records) => dom.nodeList(() => records);

  // --- Node ---------------------------------------------------------------------------------------------------------
  const setText = (record, text) => {
    if (record.data !== undefined) record.data = text;
    else if (record.type === ELEMENT || record.type === FRAGMENT) {
      dom.replaceAll(record, text === '' ? null : dom.newText(record.document, text));
    }
  };
  const stringOrEmpty = (value) => (value === null ? '' : convert.DOMString(value));
  const constants = {
    ELEMENT_NODE: 1, ATTRIBUTE_NODE: 2, TEXT_NODE: 3, CDATA_SECTION_NODE: 4, PROCESSING_INSTRUCTION_NODE: 7, COMMENT_NODE: 8,
    DOCUMENT_NODE: 9, DOCUMENT_TYPE_NODE: 10, DOCUMENT_FRAGMENT_NODE: 11,
  };
  const Node = lib.defineAbstractInterface('Node', {
    parent: lib.EventTarget,
    constants,
    prototype: {
      get nodeType() { return node(this).type; },
      get nodeName() {
        const record = node(this);
        switch (record.type) {
          case ELEMENT: return record.html ? toUpperCase(record.local) : record.local;
          case TEXT: return '#text';
          case COMMENT: return '#comment';
          case DOCUMENT: return '#document';
          case DOCTYPE: return record.data;
          default: return '#document-fragment';
        }
      },
      get baseURI() { return dom.baseUrl(node(this).document); },
      get isConnected() { return node(this).connected; },
      get ownerDocument() { const record = node(this); return record.type === DOCUMENT ? null : dom.wrap(record.document); },
      getRootNode() { return dom.wrap(dom.root(node(this))); },
      get parentNode() { return dom.wrap(node(this).parent); },
      get parentElement() { const { parent } = node(this); return parent !== null && parent.type === ELEMENT ? dom.wrap(parent) : null; },
      hasChildNodes() { return node(this).first !== null; },
      get childNodes() { const record = node(this); return cached(record, 'childNodes', () => dom.nodeList(() => childRecords(record))); },
      get firstChild() { return dom.wrap(node(this).first); },
      get lastChild() { return dom.wrap(node(this).last); },
      get previousSibling() { return dom.wrap(node(this).previous); },
      get nextSibling() { return dom.wrap(node(this).next); },
      get nodeValue() { const { type, data } = node(this); return type === TEXT || type === COMMENT ? data : null; },
      set nodeValue(value) { const record = node(this); if (record.type === TEXT || record.type === COMMENT) record.data = stringOrEmpty(value); },
      get textContent() { const record = node(this); return record.type === DOCUMENT || record.type === DOCTYPE ? null : dom.textContent(record); },
      set textContent(value) { setText(node(this), stringOrEmpty(value ?? null)); },
      normalize() {
        const root = node(this);
        for (let at = dom.following(root, root); at !== null; ) {
          const next = dom.following(at, root);
          if (at.type === TEXT) {
            if (at.data === '') dom.remove(at);
            else if (at.previous !== null && at.previous.type === TEXT) {
              at.previous.data += at.data;
              dom.remove(at);
            }
          }
          at = next;
        }
      },
      cloneNode() { const record = node(this); return dom.wrap(dom.clone(record, record.document, !!arguments[0])); },
      isSameNode(other) { return this === other; },
      contains(other) {
        const record = node(this);
        return other !== null && other !== undefined && dom.isInclusiveAncestor(record, argument(other, 'Node.contains'));
      },
      insertBefore(child, before) {
        const parent = node(this);
        lib.requireArguments(arguments.length, 2, 'Node.insertBefore');
        const record = argument(child, 'Node.insertBefore');
        let reference = before === null || before === undefined ? null : argument(before, 'Node.insertBefore');
        dom.ensureInsertable(parent, record, reference);
        if (reference === record) reference = record.next;
        dom.insert(parent, record, reference);
        return child;
      },
      appendChild(child) {
        const parent = node(this);
        lib.requireArguments(arguments.length, 1, 'Node.appendChild');
        const record = argument(child, 'Node.appendChild');
        dom.ensureInsertable(parent, record, null);
        dom.insert(parent, record);
        return child;
      },
      replaceChild(child, old) {
        const parent = node(this);
        lib.requireArguments(arguments.length, 2, 'Node.replaceChild');
        const record = argument(child, 'Node.replaceChild'), replaced = argument(old, 'Node.replaceChild');
        if (record === replaced) return old;
        dom.ensureInsertable(parent, record, replaced, replaced);
        const reference = replaced.next === record ? record.next : replaced.next;
        dom.remove(replaced);
        dom.insert(parent, record, reference);
        return old;
      },
      removeChild(child) {
        const parent = node(this);
        lib.requireArguments(arguments.length, 1, 'Node.removeChild');
        const record = argument(child, 'Node.removeChild');
        if (record.parent !== parent) throw new DOMException('the node is no child of this node', 'NotFoundError');
        dom.remove(record);
        return child;
      },
    },
  });

  // --- Mixins: members that several interfaces have. ----------------------------------------------------------------
  const mix = (constructors, members) => {
    for (const key in members) {
      const descriptor = getOwnPropertyDescriptor(members, key);
      for (let index = 0; index < constructors.length; index++) defineProperty(constructors[index].prototype, key, descriptor);
    }
  };
  dom.mix = mix;
  // The nodes and strings of append() and its kin, as one record.
  const joined = (document, list) => {
    const records = [];
    for (let index = 0; index < list.length; index++) {
      push(records, lib.peek(list[index], 'Node') ?? dom.newText(document, convert.DOMString(list[index])));
    }
    if (records.length === 1) return records[0];
    const fragment = dom.newFragment(document);
    for (let index = 0; index < records.length; index++) {
      dom.ensureInsertable(fragment, records[index], null);
      dom.insert(fragment, records[index]);
    }
    return fragment;
  };
  const put = (parent, list, before) => {
    const record = joined(parent.document, list);
    dom.ensureInsertable(parent, record, before);
    dom.insert(parent, record, before);
  };
  // The nearest sibling in a direction that is not among the arguments.
  const viable = (record, direction, list) => {
    let at = record[direction];
    const among = () => {
      for (let index = 0; index < list.length; index++) if (lib.peek(list[index], 'Node') === at) return true;
      return false;
    };
    while (at !== null && among()) at = at[direction];
    return at;
  };
  dom.parentNode = {
    get children() { const record = node(this); return dom.liveCollection(record, 'children', () => childElements(record)); },
    get firstElementChild() { return dom.wrap(childElements(node(this))[0] ?? null); },
    get lastElementChild() { const list = childElements(node(this)); return dom.wrap(list.length > 0 ? list[list.length - 1] : null); },
    get childElementCount() { return childElements(node(this)).length; },
    prepend(...nodes) {
      const parent = node(this), record = joined(parent.document, nodes);
      dom.ensureInsertable(parent, record, parent.first);
      dom.insert(parent, record, parent.first);
    },
    append(...nodes) { put(node(this), nodes, null); },
    replaceChildren(...nodes) {
      const parent = node(this), record = joined(parent.document, nodes);
      dom.ensureInsertable(parent, record, null);
      dom.replaceAll(parent, record);
    },
    querySelector(selectors) {
      const record = node(this);
      lib.requireArguments(arguments.length, 1, 'querySelector');
      return dom.wrap(dom.query(record, convert.DOMString(selectors)));
    },
    querySelectorAll(selectors) {
      const record = node(this);
      lib.requireArguments(arguments.length, 1, 'querySelectorAll');
      return fixed(dom.queryAll(record, convert.DOMString(selectors)));
    },
  };
  const childNode = {
    before(...nodes) {
      const record = node(this), { parent } = record;
      if (parent === null) return;
      const previous = viable(record, 'previous', nodes);
      const joint = joined(record.document, nodes);
      const reference = previous === null ? parent.first : previous.next;
      dom.ensureInsertable(parent, joint, reference);
      dom.insert(parent, joint, reference);
    },
    after(...nodes) {
      const record = node(this), { parent } = record;
      if (parent !== null) put(parent, nodes, viable(record, 'next', nodes));
    },
    replaceWith(...nodes) {
      const record = node(this), { parent } = record;
      if (parent === null) return;
      const next = viable(record, 'next', nodes), joint = joined(record.document, nodes);
      dom.ensureInsertable(parent, joint, next, record);
      if (record.parent === parent) dom.remove(record);
      dom.insert(parent, joint, next);
    },
    remove() { dom.remove(node(this)); },
  };
  const nonDocumentTypeChildNode = {
    get previousElementSibling() { let at = node(this).previous; while (at !== null && at.type !== ELEMENT) at = at.previous; return dom.wrap(at); },
    get nextElementSibling() { let at = node(this).next; while (at !== null && at.type !== ELEMENT) at = at.next; return dom.wrap(at); },
  };
  dom.elementsBy = {
    getElementsByTagName(name) {
      const record = node(this);
      lib.requireArguments(arguments.length, 1, 'getElementsByTagName');
      name = convert.DOMString(name);
      const lowered = dom.lower(name);
      return dom.liveCollection(record, `tag ${name}`, () => dom.findAll(record, (element) => name === '*' || element.local === (element.html ? lowered : name)));
    },
    getElementsByClassName(names) {
      const record = node(this);
      lib.requireArguments(arguments.length, 1, 'getElementsByClassName');
      const wanted = dom.tokens(convert.DOMString(names));
      return dom.liveCollection(record, `class ${join(wanted, ' ')}`, () => dom.findAll(record, (element) => {
        const tokens = dom.tokens(dom.attribute(element, 'class') ?? '');
        for (let index = 0; index < wanted.length; index++) if (indexOf(tokens, wanted[index]) < 0) return false;
        return wanted.length > 0;
      }));
    },
  };

  // --- Text, comments, doctypes, fragments. -------------------------------------------------------------------------
  const CharacterData = lib.defineAbstractInterface('CharacterData', {
    parent: Node,
    prototype: {
      get data() { return node(this).data; },
      set data(value) { node(this).data = stringOrEmpty(value); },
      get length() { return node(this).data.length; },
      appendData(text) { node(this).data += convert.DOMString(text); },
    },
  });
  const characterData = (name, make, prototype = {}) => {
    const constructor = {
      [name]: function (data) {
        lib.requireNew(new.target, name);
        dom.dress(make(dom.document, data === undefined ? '' : convert.DOMString(data)), this);
      },
    }[name];
    return lib.defineInterface(constructor, { parent: CharacterData, prototype });
  };
  const Text = characterData('Text', dom.newText, {
    get wholeText() {
      let at = node(this);
      while (at.previous !== null && at.previous.type === TEXT) at = at.previous;
      let text = '';
      for (; at !== null && at.type === TEXT; at = at.next) text += at.data;
      return text;
    },
  });
  const Comment = characterData('Comment', dom.newComment);
  const DocumentType = lib.defineAbstractInterface('DocumentType', { parent: Node, prototype: { get name() { return node(this).data; } } });
  function DocumentFragment() {
    lib.requireNew(new.target, 'DocumentFragment');
    dom.dress(dom.newFragment(dom.document), this);
  }
  lib.defineInterface(DocumentFragment, {
    parent: Node,
    prototype: { getElementById(id) { return dom.wrap(dom.byId(node(this), convert.DOMString(id))); } },
  });

  // --- Element ------------------------------------------------------------------------------------------------------
  const attributeName = (element, name) => {
    name = convert.DOMString(name);
    return element.html ? dom.lower(name) : name;
  };
  const checkName = (name) => {
    if (name === '' || apply(nameTest, badName, [name])) {
      throw new DOMException(`'${name}' is not a valid name`, 'InvalidCharacterError');
    }
    return name;
  };
  const badName = /[\s\0/>=]/;
  const nameTest = RegExp.prototype.test;
  dom.checkName = checkName;
  const adjacent = (element, where, steps) => {
    const position = dom.lower(convert.DOMString(where));
    if (position === 'afterbegin') return steps(element, element.first);
    if (position === 'beforeend') return steps(element, null);
    if (position !== 'beforebegin' && position !== 'afterend') throw new DOMException(`'${position}' is no position`, 'SyntaxError');
    if (element.parent === null) return null;
    return steps(element.parent, position === 'beforebegin' ? element : element.next);
  };
  const Element = lib.defineAbstractInterface('Element', {
    parent: Node,
    prototype: {
      get namespaceURI() { return elementOf(this).namespace; },
      get prefix() { elementOf(this); return null; },
      get localName() { return elementOf(this).local; },
      get tagName() { const record = elementOf(this); return record.html ? toUpperCase(record.local) : record.local; },
      get id() { return dom.attribute(elementOf(this), 'id') ?? ''; },
      set id(value) { dom.setAttribute(elementOf(this), 'id', convert.DOMString(value)); },
      get className() { return dom.attribute(elementOf(this), 'class') ?? ''; },
      set className(value) { dom.setAttribute(elementOf(this), 'class', convert.DOMString(value)); },
      get classList() { return tokenList(elementOf(this), 'class'); },
      set classList(value) { dom.setAttribute(elementOf(this), 'class', convert.DOMString(value)); },
      hasAttributes() { return elementOf(this).attributes.length > 0; },
      getAttributeNames() {
        const names = [], { attributes } = elementOf(this);
        for (let index = 0; index < attributes.length; index++) push(names, attributes[index].name);
        return names;
      },
      getAttribute(name) {
        const element = elementOf(this);
        lib.requireArguments(arguments.length, 1, 'Element.getAttribute');
        return dom.attribute(element, attributeName(element, name));
      },
      // MODEL: attributes have no namespaces; they are known by their qualified names.
      setAttributeNS(namespace, name, value) {
        const element = elementOf(this);
        lib.requireArguments(arguments.length, 3, 'Element.setAttributeNS');
        dom.setAttribute(element, checkName(convert.DOMString(name)), convert.DOMString(value));
      },
      setAttribute(name, value) {
        const element = elementOf(this);
        lib.requireArguments(arguments.length, 2, 'Element.setAttribute');
        dom.setAttribute(element, checkName(attributeName(element, name)), convert.DOMString(value));
      },
      removeAttribute(name) {
        const element = elementOf(this);
        lib.requireArguments(arguments.length, 1, 'Element.removeAttribute');
        dom.removeAttribute(element, attributeName(element, name));
      },
      hasAttribute(name) {
        const element = elementOf(this);
        lib.requireArguments(arguments.length, 1, 'Element.hasAttribute');
        return dom.hasAttribute(element, attributeName(element, name));
      },
      toggleAttribute(name) {
        const element = elementOf(this), key = checkName(attributeName(element, name)), has = dom.hasAttribute(element, key);
        const wanted = arguments[1] === undefined ? !has : !!arguments[1];
        if (wanted && !has) dom.setAttribute(element, key, '');
        if (!wanted && has) dom.removeAttribute(element, key);
        return wanted;
      },
      closest(selectors) {
        const list = convert.DOMString(selectors);
        const element = elementOf(this);
        for (let at = element; at !== null && at.type === ELEMENT; at = at.parent) if (dom.matches(at, list, element)) return dom.wrap(at);
        return null;
      },
      matches(selectors) { return dom.matches(elementOf(this), convert.DOMString(selectors)); },
      insertAdjacentElement(where, element) {
        const record = argument(element, 'Element.insertAdjacentElement');
        return adjacent(elementOf(this), where, (parent, before) => {
          dom.ensureInsertable(parent, record, before);
          dom.insert(parent, record, before);
          return element;
        });
      },
      insertAdjacentText(where, text) {
        const element = elementOf(this);
        const record = dom.newText(element.document, convert.DOMString(text));
        adjacent(element, where, (parent, before) => dom.insert(parent, record, before));
      },
      insertAdjacentHTML(where, markup) {
        const element = elementOf(this);
        markup = convert.DOMString(markup);
        adjacent(element, where, (parent, before) => {
          const context = parent.type === ELEMENT ? parent : element;
          dom.insert(parent, dom.parseFragment(context, markup), before);
        });
      },
      get innerHTML() { return dom.serialize(elementOf(this), false); },
      set innerHTML(markup) {
        const element = elementOf(this);
        const fragment = dom.parseFragment(element, stringOrEmpty(markup));
        dom.replaceAll(element.contents ?? element, fragment);
      },
      get outerHTML() { return dom.serialize(elementOf(this), true); },
      set outerHTML(markup) {
        const element = elementOf(this), { parent } = element;
        if (parent === null) return;
        if (parent.type === DOCUMENT) throw new DOMException("a document's element cannot be replaced so", 'NoModificationAllowedError');
        const fragment = dom.parseFragment(parent.type === ELEMENT ? parent : element, stringOrEmpty(markup));
        dom.insert(parent, fragment, element);
        dom.remove(element);
      },
    },
  });
  dom.Element = Element;
  mix([Element, DocumentFragment], dom.parentNode);
  mix([Element], dom.elementsBy);
  mix([Element, CharacterData, DocumentType], childNode);
  mix([Element, CharacterData], nonDocumentTypeChildNode);
}
