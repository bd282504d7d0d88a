// From the parser's mutations to the tree, and the life of a document: its scripts in their order, DOMContentLoaded,
// and load.

export default function (ops, lib, global) {
  const { push, splice } = lib.primordials;
  const { convert, dom } = lib;

  // --- Mutations ----------------------------------------------------------------------------------------------------
  // Applies a flat list of mutations (dom/mutations.rs says how it is written). `nodes` are the records by number.
  const apply = (list, nodes, document, created) => {
    let at = 0;
    const attributes = () => {
      const read = [];
      for (let left = list[at++]; left > 0; left--) push(read, { __proto__: null, name: list[at++], value: list[at++] });
      return read;
    };
    // A child is a node's number or text.
    const insert = (parent, child, before) => {
      if (parent === null) return;
      if (parent.contents !== undefined && before === null) parent = parent.contents;
      if (typeof child === 'string') {
        if (parent.type !== dom.DOCUMENT) dom.insertText(parent, child, before);
      } else {
        // A script may have put the parent below the child.
        const node = nodes[child];
        if (node.first === null || !dom.isInclusiveAncestor(node, parent)) dom.insert(parent, node, before);
      }
    };
    while (at < list.length) {
      switch (list[at++]) {
        case 0: {
          const id = list[at++], namespace = list[at++], name = list[at++], line = list[at++], contents = list[at++];
          const element = nodes[id] = dom.newElement(document, namespace, name, attributes());
          if (contents !== undefined && contents !== null) nodes[contents] = element.contents;
          if (element.alreadyStarted === false) {
            element.line = line;
            created(element);
          }
          break;
        }
        case 1: nodes[list[at++]] = dom.newComment(document, list[at++]); break;
        case 2: dom.insert(nodes[0], dom.newDoctype(document, list[at++])); break;
        case 3: insert(nodes[list[at++]], list[at++], null); break;
        case 4: {
          const sibling = nodes[list[at++]];
          // A script may have taken it out.
          insert(sibling.parent, list[at++], sibling);
          break;
        }
        case 5: {
          const table = nodes[list[at++]], otherwise = nodes[list[at++]], child = list[at++];
          if (table.parent !== null) insert(table.parent, child, table);
          else insert(otherwise, child, null);
          break;
        }
        case 6: {
          const element = nodes[list[at++]], missing = attributes();
          for (let index = 0; index < missing.length; index++) {
            const { name, value } = missing[index];
            if (!dom.hasAttribute(element, name)) dom.setAttribute(element, name, value);
          }
          break;
        }
        case 7: { const control = nodes[list[at++]]; control.parserForm = nodes[list[at++]]; break; }
        case 8: dom.remove(nodes[list[at++]]); break;
        case 9: {
          const from = nodes[list[at++]], to = nodes[list[at++]];
          while (from.first !== null) {
            // The parser has no number for what a script put there.
            nodes[-1] = from.first;
            const before = from.first;
            insert(to, -1, null);
            if (from.first === before) break;
          }
          break;
        }
        case 10: document.quirks = true; break;
        case 11: nodes[list[at++]].alreadyStarted = true; break;
      }
    }
  };
  // --- Fragments and documents without a window. --------------------------------------------------------------------
  dom.parseFragment = (context, markup) => {
    const { document } = context;
    const root = dom.newFragment(document);
    const list = ops.parseAtOnce(convert.USVString(markup), context.namespace, context.local);
    // Scripts in it do not run.
    apply(list, { __proto__: null, 0: root }, document, (script) => { script.alreadyStarted = true; });
    // The nodes are in an html element.
    const fragment = dom.newFragment(document);
    const html = root.first;
    while (html !== null && html.first !== null) dom.insert(fragment, html.first);
    return fragment;
  };
  dom.parseDocument = (markup) => {
    const document = dom.newDocument(false);
    const list = ops.parseAtOnce(convert.USVString(markup), '', '');
    apply(list, { __proto__: null, 0: document }, document, (script) => { script.alreadyStarted = true; });
    return document;
  };

  // --- The realm's document: one step at a time. --------------------------------------------------------------------
  // Whether the parser is inserting elements just now.
  dom.parsing = false;
  const { document } = dom;
  const nodes = { __proto__: null, 0: document };
  const steps = [];
  // The parser; undefined before and after.
  let parser;
  // The script at whose end tag the parser stopped, until it is prepared.
  let stoppedAt = null;
  let phase = 'none';

  // Something that is done with a microtask checkpoint before it.
  dom.queueStep = (step) => {
    push(steps, step);
    ops.wakeDocument();
  };
  const setReadyState = (state) => {
    document.readyState = state;
    lib.fire(dom.wrap(document), 'readystatechange');
  };
  const parseFurther = () => {
    dom.parsing = true;
    try {
      const { list, script } = ops.parseFurther(parser);
      apply(list, nodes, document, (element) => {
        element.parserInserted = true;
        element.forceAsync = false;
      });
      if (script === undefined) {
        parser = undefined;
        phase = 'parsed';
      } else stoppedAt = nodes[script];
    } finally {
      dom.parsing = false;
    }
  };
  // One step; says whether there may be another at once.
  lib.entries.documentStep = () => {
    // A script that never returned may have left it.
    document.currentScript = null;
    if (steps.length > 0) {
      const step = steps[0];
      splice(steps, 0, 1);
      step();
      return true;
    }
    switch (phase) {
      case 'parsing': {
        const blocking = dom.blockingScript;
        if (blocking !== null) {
          if (!blocking.script.ready) return false;
          dom.blockingScript = null;
          dom.runScript(blocking);
        } else if (stoppedAt !== null) {
          const script = stoppedAt;
          stoppedAt = null;
          if (script.alreadyStarted === false) dom.prepareScript(script);
        } else parseFurther();
        return true;
      }
      case 'parsed':
        phase = 'deferred';
        ops.documentProgress(false);
        setReadyState('interactive');
        return true;
      case 'deferred': {
        const next = dom.deferredScripts[0];
        if (next === undefined) {
          phase = 'loading';
          lib.fire(dom.wrap(document), 'DOMContentLoaded', { bubbles: true });
          return true;
        }
        if (!next.script.ready) return false;
        splice(dom.deferredScripts, 0, 1);
        dom.runScript(next);
        return true;
      }
      case 'loading':
        if (dom.delays === 0) dom.flushStyles();
        if (dom.delays > 0) return false;
        phase = 'complete';
        setReadyState('complete');
        return true;
      case 'complete':
        phase = 'loaded';
        lib.dispatch(global, lib.createEvent(lib.Event, 'load'), dom.wrap(document));
        return true;
      case 'loaded':
        phase = 'done';
        dom.show();
        ops.documentProgress(true);
        return false;
      default: return false;
    }
  };
  const isText = (type) => type === 'application/json' || type === 'text/json' || type === 'application/javascript' ||
    lib.primordials.stringSlice(type, 0, 5) === 'text/' || lib.primordials.stringSlice(type, -5) === '+json';
  // The document that a window begins with. No event tells of its loading.
  lib.entries.loadInitialDocument = (scripting) => {
    if (phase !== 'none') return;
    phase = 'parsing';
    dom.scripting = scripting;
    parser = ops.parseDocument('', false, scripting);
    while (parser !== undefined) parseFurther();
    phase = 'done';
    document.readyState = 'complete';
  };
  lib.entries.loadDocument = (markup, contentType, characterSet, referrer, srcdoc, scripting, refresh) => {
    if (phase !== 'none') return;
    phase = 'parsing';
    document.contentType = contentType;
    document.characterSet = characterSet;
    document.referrer = referrer;
    dom.scripting = scripting;
    if (contentType === 'text/html' || contentType === 'application/xhtml+xml') {
      parser = ops.parseDocument(markup, srcdoc, scripting);
    } else {
      parser = ops.parseDocument('<!DOCTYPE html><body>', false, scripting);
      parseFurther();
      if (isText(contentType)) {
        const pre = dom.newElement(document, dom.HTML, 'pre');
        dom.insert(pre, dom.newText(document, markup));
        dom.insert(dom.bodyOf(document), pre);
      }
    }
    if (refresh !== undefined && refresh !== null) dom.refresh(refresh);
    ops.wakeDocument();
  };

  // --- document.open(), write() and close(), once the parser is through. --------------------------------------------
  // What has been written since the document was opened; undefined when it is not open.
  let written;
  let opened = 0;
  const parseWritten = () => {
    const markup = written;
    written = undefined;
    parser = ops.parseDocument(markup, false, dom.scripting);
    phase = 'parsing';
    while (parser !== undefined && stoppedAt === null) parseFurther();
    ops.wakeDocument();
  };
  const isParsing = () => phase === 'none' || phase === 'parsing';
  const beingParsed = (what) => {
    if (isParsing()) ops.unmodelled(`${what} while the document is being parsed`);
    return isParsing();
  };
  dom.openDocument = () => {
    if (beingParsed('document.open()')) return;
    dom.replaceAll(document, null);
    for (const key in nodes) if (key !== '0') delete nodes[key];
    written = '';
    opened++;
    dom.refreshing = false;
    setReadyState('loading');
  };
  dom.write = (markup) => {
    if (beingParsed('document.write()')) return;
    if (written === undefined) dom.openDocument();
    // MODEL: it is parsed when the document is closed, or when the task is over.
    const now = opened;
    if (written === '') dom.queueTask(() => { if (written !== undefined && opened === now) parseWritten(); });
    written += markup;
  };
  dom.closeDocument = () => { if (written !== undefined) parseWritten(); };
}
