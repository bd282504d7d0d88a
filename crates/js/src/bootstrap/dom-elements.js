// HTMLElement, the interfaces of the single elements as far as they only reflect attributes, and event handlers that
// are written as attributes.

export default function (ops, lib, global) {
  const { push, indexOf, apply, construct, defineProperty, getOwnPropertyDescriptor, toUpperCase, stringSlice, join, DOMException, TypeError } = lib.primordials;
  const { convert, dom } = lib;
  const element = dom.elementRecord;

  // --- Event handlers. ----------------------------------------------------------------------------------------------
  const handlers = ['abort', 'blur', 'change', 'click', 'contextmenu', 'dblclick', 'error', 'focus', 'formdata', 'input', 'invalid',
    'keydown', 'keypress', 'keyup', 'load', 'loadend', 'loadstart', 'mousedown', 'mouseenter', 'mouseleave', 'mousemove', 'mouseout',
    'mouseover', 'mouseup', 'progress', 'reset', 'resize', 'scroll', 'select', 'submit', 'toggle', 'wheel'];
  const windowHandlers = ['afterprint', 'beforeprint', 'beforeunload', 'hashchange', 'languagechange', 'message', 'messageerror', 'offline',
    'online', 'pagehide', 'pageshow', 'popstate', 'rejectionhandled', 'storage', 'unhandledrejection', 'unload'];
  const forwarded = ['blur', 'error', 'focus', 'load', 'resize', 'scroll'];
  dom.globalHandlers = handlers;
  dom.windowHandlers = windowHandlers;

  // A handler written as an attribute is compiled when its event first comes.
  const NativeFunction = Function;
  const compile = (record, type, body, onWindow) => {
    const parameters = onWindow && type === 'error' ? 'event, source, lineno, colno, error' : 'event';
    // The body must be a function's body by itself: no brace may end it early.
    construct(NativeFunction, [parameters, body]);
    const scopes = onWindow ? ['document'] : ['document', 'form', 'element'];
    let before = '', after = '';
    for (let index = 0; index < scopes.length; index++) {
      before += `with(arguments[${index}]){`;
      after += '}';
    }
    const make = construct(NativeFunction, [`${before}return function on${type}(${parameters}){\n${body}\n}${after}`]);
    const form = dom.formOf?.(record) ?? null;
    return make(dom.wrap(record.document), form === null ? lib.primordials.create(null) : dom.wrap(form), dom.wrap(record));
  };
  dom.handlerAttribute = (record, name) => {
    if (stringSlice(name, 0, 2) !== 'on' || !record.html) return;
    const type = stringSlice(name, 2);
    const isBody = record.local === 'body' || record.local === 'frameset';
    const onWindow = isBody && (indexOf(windowHandlers, type) >= 0 || indexOf(forwarded, type) >= 0);
    if (!onWindow && indexOf(handlers, type) < 0) return;
    if (!record.document.active || !dom.scripting) return;
    const target = onWindow ? global : record.wrapper;
    const body = dom.attribute(record, name);
    if (body === null) {
      lib.setEventHandler(target, type, null);
      return;
    }
    if (!ops.allowsInline('attribute', convert.USVString(body), '', true)) return;
    let compiled;
    lib.setEventHandler(target, type, function (...args) {
      if (compiled === undefined) {
        try {
          compiled = compile(record, type, body, onWindow);
        } catch (error) {
          compiled = null;
          lib.report(error);
        }
      }
      return compiled === null ? undefined : apply(compiled, this, args);
    });
  };
  push(dom.watchers.attribute, (record, name) => {
    // Without an object there is nothing to put the handler on: dom.dress does it. A body's handlers are the window's.
    if (record.wrapper !== null || (record.connected && dom.is(record, 'body'))) dom.handlerAttribute(record, name);
  });

  // --- Reflected attributes. ----------------------------------------------------------------------------------------
  // kind: 'text', 'url', 'flag', 'number', or a list of keywords (the first is what a missing or unknown one means).
  const reflect = (prototype, property, kind, name = dom.lower(property)) => {
    let accessor;
    if (kind === 'flag') {
      accessor = {
        get [property]() { return dom.hasAttribute(element(this), name); },
        set [property](value) { if (value) dom.setAttribute(element(this), name, ''); else dom.removeAttribute(element(this), name); },
      };
    } else if (kind === 'url') {
      accessor = {
        get [property]() {
          const record = element(this), value = dom.attribute(record, name);
          return value === null ? '' : dom.resolve(record.document, value) ?? value;
        },
        set [property](value) { dom.setAttribute(element(this), name, convert.USVString(value)); },
      };
    } else if (kind === 'number') {
      accessor = {
        get [property]() { return convert.long(dom.attribute(element(this), name) ?? 0); },
        set [property](value) { dom.setAttribute(element(this), name, `${convert.long(value)}`); },
      };
    } else if (typeof kind === 'object') {
      accessor = {
        get [property]() {
          const value = dom.lower(dom.attribute(element(this), name) ?? '');
          return indexOf(kind, value) >= 0 ? value : kind[0];
        },
        set [property](value) { dom.setAttribute(element(this), name, convert.DOMString(value)); },
      };
    } else {
      accessor = {
        get [property]() { return dom.attribute(element(this), name) ?? ''; },
        set [property](value) { dom.setAttribute(element(this), name, convert.DOMString(value)); },
      };
    }
    defineProperty(prototype, property, getOwnPropertyDescriptor(accessor, property));
  };
  const crossOriginAccessor = {
    get crossOrigin() {
      const value = dom.attribute(element(this), 'crossorigin');
      return value === null ? null : dom.lower(value) === 'use-credentials' ? 'use-credentials' : 'anonymous';
    },
    set crossOrigin(value) {
      if (value === null || value === undefined) dom.removeAttribute(element(this), 'crossorigin');
      else dom.setAttribute(element(this), 'crossorigin', convert.DOMString(value));
    },
  };
  const referrerPolicies = ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
    'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'];

  // --- HTMLElement --------------------------------------------------------------------------------------------------
  const datasetName = (property) => {
    let name = 'data-';
    for (let index = 0; index < property.length; index++) {
      const character = property[index];
      if (character === '-' && property[index + 1] >= 'a' && property[index + 1] <= 'z') {
        throw new DOMException(`'${property}' is no name in a dataset`, 'SyntaxError');
      }
      name += character >= 'A' && character <= 'Z' ? `-${dom.lower(character)}` : character;
    }
    return name;
  };
  const datasetProperty = (name) => {
    let property = '';
    for (let index = 5; index < name.length; index++) {
      if (name[index] === '-' && name[index + 1] >= 'a' && name[index + 1] <= 'z') property += toUpperCase(name[++index]);
      else property += name[index];
    }
    return property;
  };
  const NativeProxy = Proxy;
  const dataset = (record) => new NativeProxy({}, {
    __proto__: null,
    get: (target, key) => (typeof key === 'string' ? dom.attribute(record, datasetName(key)) ?? undefined : undefined),
    set(target, key, value) {
      if (typeof key !== 'string') return false;
      dom.setAttribute(record, dom.checkName(datasetName(key)), convert.DOMString(value));
      return true;
    },
    has: (target, key) => typeof key === 'string' && dom.hasAttribute(record, datasetName(key)),
    deleteProperty(target, key) {
      if (typeof key === 'string') dom.removeAttribute(record, datasetName(key));
      return true;
    },
    ownKeys() {
      const keys = [];
      for (let index = 0; index < record.attributes.length; index++) {
        const { name } = record.attributes[index];
        if (stringSlice(name, 0, 5) === 'data-') push(keys, datasetProperty(name));
      }
      return keys;
    },
    getOwnPropertyDescriptor(target, key) {
      const value = typeof key === 'string' ? dom.attribute(record, datasetName(key)) : null;
      return value === null ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
  });
  const HTMLElement = lib.defineAbstractInterface('HTMLElement', {
    parent: dom.Element,
    prototype: {
      get dataset() { const record = element(this); return record.dataset ??= dataset(record); },
      get innerText() { return dom.visibleText(element(this)); },
      set innerText(value) {
        const record = element(this);
        const parts = lib.primordials.stringSplit(value === null ? '' : convert.DOMString(value), '\n');
        const fragment = dom.newFragment(record.document);
        for (let index = 0; index < parts.length; index++) {
          if (index > 0) dom.insert(fragment, dom.newElement(record.document, dom.HTML, 'br'));
          if (parts[index] !== '') dom.insert(fragment, dom.newText(record.document, parts[index]));
        }
        dom.replaceAll(record, fragment);
      },
      click() {
        const record = element(this);
        if (dom.isDisabled(record) || record.clicking) return;
        record.clicking = true;
        try {
          dom.dispatchClick(record, false);
        } finally {
          record.clicking = false;
        }
      },
    },
  });
  reflect(HTMLElement.prototype, 'title', 'text');
  reflect(HTMLElement.prototype, 'lang', 'text');
  reflect(HTMLElement.prototype, 'hidden', 'flag');
  lib.defineEventHandlers(HTMLElement.prototype, handlers);
  dom.HTMLElement = HTMLElement;
  const SVGElement = lib.defineAbstractInterface('SVGElement', { parent: dom.Element });
  lib.defineEventHandlers(SVGElement.prototype, handlers);
  dom.SVGElement = SVGElement;

  const HTMLUnknownElement = lib.defineAbstractInterface('HTMLUnknownElement', { parent: HTMLElement });
  // Elements whose interface is HTMLElement itself; others that have none of their own are unknown.
  const plain = dom.setOf(`abbr acronym address article aside b basefont bdi bdo big center cite code dd dfn dt em figcaption
    figure footer header hgroup i kbd main mark nav nobr noembed noframes noscript plaintext rb rp rt rtc ruby s samp search
    section small strike strong sub summary sup tt u var wbr`);

  // Defines the interface of some elements, once something asks for it: most pages use few of them. `options()` gives
  // { attributes, prototype, parent }; attributes are { property: kind } or { property: [kind, attribute] }.
  const definitions = { __proto__: null };
  const materialize = (name) => {
    const definition = definitions[name];
    if (definition.constructor !== undefined) return definition.constructor;
    const { attributes = {}, prototype = {}, parent = HTMLElement } = definition.options === undefined ? {} : definition.options();
    const properties = lib.primordials.ownKeys(attributes);
    for (let index = 0; index < properties.length; index++) {
      const property = properties[index], value = attributes[property];
      if (property === 'crossOrigin') defineProperty(prototype, 'crossOrigin', getOwnPropertyDescriptor(crossOriginAccessor, 'crossOrigin'));
      else if (property === 'referrerPolicy') reflect(prototype, property, referrerPolicies);
      else if (typeof value === 'string') reflect(prototype, property, value);
      else reflect(prototype, property, value[0], value[1]);
    }
    return (definition.constructor = lib.defineAbstractInterface(name, { parent, prototype, expose: false }));
  };
  dom.exposeLazily = (name, make) => {
    const accessor = {
      get() {
        const value = make();
        lib.expose(name, value);
        return value;
      },
      set(value) { lib.expose(name, value); },
    };
    defineProperty(global, name, { get: accessor.get, set: accessor.set, enumerable: false, configurable: true });
  };
  dom.defineElement = (name, locals, options) => {
    definitions[name] = { __proto__: null, options, constructor: undefined };
    for (let index = 0; index < locals.length; index++) interfaces[locals[index]] = name;
    dom.exposeLazily(name, () => materialize(name));
  };
  dom.elementInterface = materialize;
  const interfaces = { __proto__: null };
  dom.interfaceOfElement = (record) => {
    const name = interfaces[record.local];
    if (name !== undefined) return materialize(name);
    return plain[record.local] === true || dom.includes(record.local, '-') ? HTMLElement : HTMLUnknownElement;
  };

  const simple = {
    __proto__: null,
    HTMLHtmlElement: ['html'],
    HTMLHeadElement: ['head'],
    HTMLDivElement: ['div'],
    HTMLSpanElement: ['span'],
    HTMLParagraphElement: ['p'],
    HTMLHeadingElement: ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    HTMLBRElement: ['br'],
    HTMLHRElement: ['hr'],
    HTMLPreElement: ['pre', 'listing', 'xmp'],
    HTMLQuoteElement: ['blockquote', 'q'],
    HTMLUListElement: ['ul'],
    HTMLOListElement: ['ol'],
    HTMLLIElement: ['li'],
    HTMLDListElement: ['dl'],
    HTMLTableElement: ['table'],
    HTMLTableSectionElement: ['tbody', 'thead', 'tfoot'],
    HTMLTableRowElement: ['tr'],
    HTMLTableCellElement: ['td', 'th'],
    HTMLTableCaptionElement: ['caption'],
    HTMLTableColElement: ['col', 'colgroup'],
    HTMLTimeElement: ['time'],
    HTMLDataElement: ['data'],
    HTMLPictureElement: ['picture'],
    HTMLDialogElement: ['dialog'],
    HTMLDetailsElement: ['details'],
    HTMLModElement: ['ins', 'del'],
    HTMLMenuElement: ['menu'],
    HTMLMapElement: ['map'],
  };
  for (const name in simple) dom.defineElement(name, simple[name]);

  dom.defineElement('HTMLTitleElement', ['title'], () => ({
    prototype: {
      get text() { return dom.childText(element(this)); },
      set text(value) { dom.replaceAll(element(this), dom.newText(element(this).document, convert.DOMString(value))); },
    },
  }));
  dom.defineElement('HTMLMetaElement', ['meta'], () => ({ attributes: { name: 'text', httpEquiv: ['text', 'http-equiv'], content: 'text' } }));
  dom.defineElement('HTMLStyleElement', ['style'], () => ({ attributes: { media: 'text', type: 'text' } }));
  // The body's handlers for these events are the window's.
  const forward = (prototype, types) => {
    for (let index = 0; index < types.length; index++) {
      const type = types[index], name = `on${type}`;
      const accessor = {
        get [name]() { return global[name]; },
        set [name](value) { lib.setEventHandler(global, type, value); },
      };
      defineProperty(prototype, name, getOwnPropertyDescriptor(accessor, name));
    }
    return prototype;
  };
  dom.defineElement('HTMLBodyElement', ['body'], () => ({ prototype: forward(forward({}, forwarded), windowHandlers) }));
  dom.behave(['body'], {
    connected(record) {
      for (let index = 0; index < record.attributes.length; index++) dom.handlerAttribute(record, record.attributes[index].name);
    },
  });
  dom.defineElement('HTMLTemplateElement', ['template'], () => ({ prototype: { get content() { return dom.wrap(element(this).contents); } } }));

  // --- Links. -------------------------------------------------------------------------------------------------------
  const hrefOf = (record) => {
    const value = dom.attribute(record, 'href');
    return value === null ? null : dom.resolve(record.document, value);
  };
  const parts = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
  const hyperlink = (prototype) => {
    reflect(prototype, 'href', 'url');
    const origin = { get origin() { const url = hrefOf(element(this)); return url === null ? '' : ops.urlParts(url)[0]; } };
    defineProperty(prototype, 'origin', getOwnPropertyDescriptor(origin, 'origin'));
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index], at = index + 1;
      const accessor = {
        get [part]() { const url = hrefOf(element(this)); return url === null ? (part === 'protocol' ? ':' : '') : ops.urlParts(url)[at]; },
        set [part](value) {
          const record = element(this), url = hrefOf(record);
          if (url !== null) dom.setAttribute(record, 'href', ops.urlSet(url, part, convert.USVString(value)));
        },
      };
      defineProperty(prototype, part, getOwnPropertyDescriptor(accessor, part));
    }
    const toString = { toString() { return this.href; } };
    defineProperty(prototype, 'toString', getOwnPropertyDescriptor(toString, 'toString'));
  };
  dom.relTokens = dom.setOf('noreferrer noopener opener');
  const linkAttributes = { target: 'text', download: 'text', rel: 'text', referrerPolicy: 'text' };
  dom.defineElement('HTMLAnchorElement', ['a'], () => {
    const prototype = {
      get text() { return dom.textContent(element(this)); },
      set text(value) { dom.replaceAll(element(this), dom.newText(element(this).document, convert.DOMString(value))); },
      get relList() { return dom.tokenList(element(this), 'rel', dom.relTokens); },
    };
    hyperlink(prototype);
    return { attributes: { ...linkAttributes, type: 'text', hreflang: 'text' }, prototype };
  });
  dom.defineElement('HTMLAreaElement', ['area'], () => {
    const prototype = {};
    hyperlink(prototype);
    return { attributes: { ...linkAttributes, alt: 'text' }, prototype };
  });

  // Following a link, in the window that it names.
  const relFlags = (record, target) => {
    const rel = dom.tokens(dom.lower(dom.attribute(record, 'rel') ?? ''));
    const noReferrer = indexOf(rel, 'noreferrer') >= 0;
    return {
      noReferrer,
      noOpener: noReferrer || indexOf(rel, 'noopener') >= 0 || (dom.lower(target) === '_blank' && indexOf(rel, 'opener') < 0),
    };
  };
  dom.relFlags = relFlags;
  dom.targetOf = (record, attribute = 'target') => {
    const own = dom.attribute(record, attribute);
    if (own !== null) return own;
    const base = dom.find(record.document, (at) => dom.is(at, 'base') && dom.hasAttribute(at, 'target'));
    return base === null ? '' : dom.attribute(base, 'target');
  };
  const follow = (record) => {
    const url = hrefOf(record);
    if (url === null || !record.document.active || !record.connected) return;
    const target = dom.targetOf(record);
    const policy = dom.attribute(record, 'referrerpolicy');
    dom.followLink(url, target, { referrerPolicy: policy === null ? undefined : policy, ...relFlags(record, target) });
  };
  // { local name: { active(record), activate(record, event), before(record), canceled(record, saved) } }: what a click
  // does; `before` runs ahead of the listeners, and `canceled` undoes it.
  dom.activations = { __proto__: null };
  dom.activations.a = dom.activations.area = { active: (record) => dom.hasAttribute(record, 'href'), activate: follow };
  dom.activations.label = {
    active: () => true,
    activate(record, event) {
      // A click on a label is one on its control, unless it hit that (or something else to act on) already.
      const control = dom.controlOfLabel(record);
      const hit = lib.peek(lib.state(event, 'Event').target, 'Node');
      if (control === null || hit === undefined || dom.isInclusiveAncestor(control, hit)) return;
      dom.dispatchClick(control, lib.state(event, 'Event').trusted);
    },
  };

  // --- Mouse events, as far as a click goes. ------------------------------------------------------------------------
  const number = [0, convert.long];
  const flag = [false, convert.boolean];
  const UIEvent = lib.defineEvent('UIEvent', { view: [null], detail: number });
  const MouseEvent = lib.defineEvent('MouseEvent', {
    screenX: number, screenY: number, clientX: number, clientY: number, ctrlKey: flag, shiftKey: flag, altKey: flag, metaKey: flag,
    button: number, buttons: number, relatedTarget: [null],
  }, UIEvent);
  lib.defineEvent('PageTransitionEvent', { persisted: flag });
  lib.defineEvent('HashChangeEvent', { oldURL: ['', convert.USVString], newURL: ['', convert.USVString] });
  dom.dispatchClick = (record, trusted) => {
    const init = { bubbles: true, cancelable: true, composed: true, view: global, detail: trusted ? 1 : 0, button: 0 };
    const event = lib.createEvent(MouseEvent, 'click', init);
    lib.state(event, 'Event').trusted = trusted;
    return lib.dispatch(dom.wrap(record), event);
  };

  // --- Activation behaviour. ----------------------------------------------------------------------------------------
  const activationOf = (object) => {
    const record = lib.peek(object, 'Node');
    if (record === undefined || record.type !== dom.ELEMENT || !record.html) return undefined;
    const activation = dom.activations[record.local];
    return activation !== undefined && activation.active(record) ? { record, activation } : undefined;
  };
  const isClick = (event) => lib.peek(event, 'MouseEvent') !== undefined && lib.state(event, 'Event').type === 'click';
  lib.hooks.beforeDispatch = (event, path) => {
    if (!isClick(event)) return undefined;
    const { bubbles } = lib.state(event, 'Event');
    for (let index = 0; index < path.length && (index === 0 || bubbles); index++) {
      const found = activationOf(path[index]);
      if (found !== undefined) {
        found.saved = found.activation.before?.(found.record);
        return found;
      }
    }
    return undefined;
  };
  lib.hooks.afterDispatch = (event, canceled, found) => {
    if (found === undefined) return;
    const { record, activation, saved } = found;
    if (canceled) activation.canceled?.(record, saved);
    else activation.activate(record, event);
  };
  lib.hooks.parentOf = (target, event) => {
    const record = lib.peek(target, 'Node');
    if (record === undefined) return null;
    if (record.parent !== null) return dom.wrap(record.parent);
    if (record.type === dom.DOCUMENT && record.active && record.home === dom && lib.state(event, 'Event').type !== 'load') return global;
    return null;
  };
}
