// Style sheets, as far as they ask for something: which image, font or further sheet an element comes to need.
// Nothing is laid out or painted.

export default function (ops, lib, global) {
  const { push, splice, defineProperty, getOwnPropertyDescriptor, Promise } = lib.primordials;
  const { convert, dom } = lib;
  const { attribute } = dom;

  // The sheets in their order: { owner, base, clean, rules, faces }. A rule is { list, declarations }, with its
  // selectors parsed; an imported sheet goes before the one that imports it.
  const sheets = [];
  // Whether a rule or an attribute names something, so that it is worth looking at the elements.
  let asks = false, queued = false, dirty = false;
  // What the document has asked for already, by its URL.
  const requested = { __proto__: null };
  let fontsLoading = 0;
  let waitingForFonts = [];

  // --- Reading sheets. ----------------------------------------------------------------------------------------------
  const isImage = (declaration) => declaration.property !== 'font-family' && declaration.values.length > 0;
  const addSheet = (owner, text, base, clean, depth) => {
    const media = depth === 0 ? attribute(owner, 'media') ?? '' : '';
    const read = ops.parseStyleSheet(convert.USVString(text), convert.USVString(media));
    for (let index = 0; index < read.imports.length; index++) addImport(owner, read.imports[index], base, clean, depth);
    const rules = [];
    for (let index = 0; index < read.rules.length; index++) {
      const { selectors, declarations } = read.rules[index];
      for (let at = 0; at < declarations.length; at++) asks ||= isImage(declarations[at]);
      try {
        push(rules, { __proto__: null, list: dom.parseSelector(selectors), declarations });
      } catch {
        // A rule with a selector that is not understood counts for nothing.
        if (dom.includes(selectors, '::')) ops.unmodelled(`the style of \`${selectors}\``);
      }
    }
    asks ||= read.faces.length > 0;
    push(sheets, { __proto__: null, owner, base, clean, rules, faces: read.faces });
    styleChanged();
  };
  const MOST_IMPORTS = 16;
  // "Fetch an @import."
  const addImport = (owner, written, base, clean, depth) => {
    const url = ops.urlParse(convert.USVString(written), base);
    if (url === null || url === undefined || depth >= MOST_IMPORTS) return;
    dom.load(owner, 'styleImport', url, (outcome) => {
      if (outcome === null || !owner.connected) return;
      const before = sheets.length;
      addSheet(owner, outcome.text, url, outcome.corsSameOrigin, depth + 1);
      // Imported rules count before those of the importing sheet.
      const imported = splice(sheets, before, sheets.length - before);
      let at = 0;
      while (at < sheets.length && sheets[at].owner !== owner) at++;
      for (let index = 0; index < imported.length; index++) splice(sheets, at + index, 0, imported[index]);
    }, true, { styleBase: base, originClean: clean });
  };
  const removeSheets = (owner) => {
    for (let index = sheets.length - 1; index >= 0; index--) if (sheets[index].owner === owner) splice(sheets, index, 1);
  };
  // A style sheet that a link loaded.
  dom.addLinkedSheet = (record, outcome, url) => {
    removeSheets(record);
    addSheet(record, outcome.text, url, outcome.corsSameOrigin, 0);
  };
  dom.removeSheets = removeSheets;

  const updateStyle = (record) => {
    removeSheets(record);
    if (!record.connected || !dom.loads(record)) return;
    const type = dom.lower(attribute(record, 'type') ?? '');
    if (type !== '' && type !== 'text/css') return;
    const text = dom.childText(record);
    if (text === '' || !ops.allowsInline('style', convert.USVString(text), dom.nonceOf(record), dom.parsing)) return;
    addSheet(record, text, dom.baseUrl(record.document), true, 0);
  };
  dom.behave(['style'], {
    // The parser gives it its text afterwards.
    connected: updateStyle,
    disconnected: updateStyle,
    children: updateStyle,
    attribute(record, name) { if (name === 'media' || name === 'type') updateStyle(record); },
  });
  // What the style attribute of an element declares.
  const declaredBy = (record) => {
    const text = attribute(record, 'style');
    if (text === null) return undefined;
    if (record.inlineStyle?.text !== text) {
      const allowed = ops.allowsInline('styleAttribute', convert.USVString(text), '', true);
      record.inlineStyle = { __proto__: null, text, declarations: allowed ? ops.parseStyleAttribute(convert.USVString(text)) : [] };
    }
    return record.inlineStyle.declarations;
  };

  // Sheets count in the order of their elements, whenever they came.
  const sortSheets = () => {
    const owners = dom.findAll(dom.document, (record) => dom.is(record, 'style') || dom.is(record, 'link'));
    const unsorted = splice(sheets, 0, sheets.length);
    for (let index = 0; index < owners.length; index++) {
      for (let at = 0; at < unsorted.length; at++) if (unsorted[at].owner === owners[index]) push(sheets, unsorted[at]);
    }
  };

  // --- From rules to what elements need. ----------------------------------------------------------------------------
  // The declaration that wins, by importance, specificity and order.
  const computed = (record) => {
    const won = { __proto__: null };
    const consider = (declarations, weight, sheet) => {
      for (let index = 0; index < declarations.length; index++) {
        const { property, important, values } = declarations[index];
        const rank = (important ? 1e12 : 0) + weight;
        if (won[property] === undefined || rank >= won[property].rank) won[property] = { __proto__: null, rank, values, sheet };
      }
    };
    for (let index = 0; index < sheets.length; index++) {
      const sheet = sheets[index];
      for (let at = 0; at < sheet.rules.length; at++) {
        const weight = dom.specificity(record, sheet.rules[at].list);
        if (weight >= 0) consider(sheet.rules[at].declarations, weight, sheet);
      }
    }
    const own = declaredBy(record);
    if (own !== undefined) consider(own, 1e9, { __proto__: null, owner: record, base: dom.baseUrl(record.document), clean: true });
    return won;
  };
  const request = (kind, written, sheet, done) => {
    const url = ops.urlParse(convert.USVString(written), sheet.base);
    if (url === null || url === undefined) {
      done?.(null);
      return;
    }
    const key = `${kind} ${url}`;
    if (requested[key] === true) {
      done?.(undefined);
      return;
    }
    requested[key] = true;
    dom.load(sheet.owner, kind, url, done ?? (() => {}), true, { styleBase: sheet.base, originClean: sheet.clean });
  };
  // A font is loaded when text needs it: the first of its sources that comes.
  const requestFont = (family) => {
    for (let index = 0; index < sheets.length; index++) {
      const sheet = sheets[index];
      for (let at = 0; at < sheet.faces.length; at++) if (sheet.faces[at].family === family) requestFace(sheet, sheet.faces[at], 0);
    }
  };
  const requestFace = (sheet, face, from) => {
    if (from === 0 && face.wanted === true) return;
    face.wanted = true;
    if (from >= face.sources.length) return;
    fontsLoading++;
    request('font', face.sources[from], sheet, (outcome) => {
      if (outcome === null) requestFace(sheet, face, from + 1);
      fontsLoading--;
      settleFonts();
    });
  };
  const hasText = (record) => {
    for (let node = dom.following(record, record); node !== null; node = dom.following(node, record)) {
      if (node.type === dom.TEXT && dom.strip(node.data) !== '' && !dom.parentIsRaw(node)) return true;
    }
    return false;
  };
  // MODEL: every element of the body counts, shown or not, and text has the fonts of all elements around it.
  const updateStyles = () => {
    dirty = false;
    const root = dom.documentElement(dom.document);
    if (!asks || root === null) return;
    sortSheets();
    for (let record = root; record !== null; record = dom.following(record, root)) {
      if (record.type !== dom.ELEMENT || dom.closest(record, 'head') !== null) continue;
      const won = computed(record);
      for (const property in won) {
        const { values, sheet } = won[property];
        if (property !== 'font-family') {
          for (let index = 0; index < values.length; index++) request('styleImage', values[index], sheet);
        } else if (hasText(record)) {
          for (let index = 0; index < values.length; index++) requestFont(values[index]);
        }
      }
    }
  };
  // Styles are looked at when scripts are done, and before the document has loaded.
  const styleChanged = () => {
    if (!asks) return;
    dirty = true;
    if (queued) return;
    queued = true;
    dom.queueTask(() => {
      queued = false;
      dom.flushStyles();
    });
  };
  dom.flushStyles = () => { if (dirty) updateStyles(); };
  push(dom.watchers.connected, (record) => {
    if (record.document !== dom.document) return;
    if (!asks && attribute(record, 'style') !== null) attributeAsks(record);
    styleChanged();
  });
  push(dom.watchers.attribute, (record, name) => {
    if (!record.connected || record.document !== dom.document) return;
    if (name === 'style' && !asks) attributeAsks(record);
    styleChanged();
  });
  const attributeAsks = (record) => {
    const declarations = declaredBy(record) ?? [];
    for (let index = 0; index < declarations.length; index++) asks ||= isImage(declarations[index]);
  };

  // --- document.fonts -----------------------------------------------------------------------------------------------
  const settleFonts = () => {
    if (fontsLoading > 0 || waitingForFonts.length === 0) return;
    const waiting = waitingForFonts;
    waitingForFonts = [];
    const set = fonts();
    for (let index = 0; index < waiting.length; index++) waiting[index](set);
  };
  const FontFaceSet = lib.defineAbstractInterface('FontFaceSet', {
    parent: lib.EventTarget,
    prototype: {
      // MODEL: a new promise each time; no events are fired.
      get ready() {
        lib.state(this, 'FontFaceSet');
        dom.flushStyles();
        return new Promise((resolve) => {
          push(waitingForFonts, resolve);
          lib.queueMicrotask(settleFonts);
        });
      },
      get status() {
        lib.state(this, 'FontFaceSet');
        dom.flushStyles();
        return fontsLoading > 0 ? 'loading' : 'loaded';
      },
    },
  });
  let fontSet;
  const fonts = () => {
    if (fontSet === undefined) {
      fontSet = lib.instantiate(FontFaceSet);
      lib.initEventTarget(fontSet);
      lib.init(fontSet, 'FontFaceSet', {});
    }
    return fontSet;
  };
  const accessor = { get fonts() { return fonts(); } };
  defineProperty(global.Document.prototype, 'fonts', getOwnPropertyDescriptor(accessor, 'fonts'));
}
