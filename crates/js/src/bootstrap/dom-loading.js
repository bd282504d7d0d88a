// Elements that load something: scripts, style sheets, frames and media.

export default function (ops, lib, global) {
  const { push, splice, indexOf, stringIndexOf, then, defineProperty, getOwnPropertyDescriptor } = lib.primordials;
  const { convert, dom } = lib;
  const { attribute, hasAttribute, setAttribute } = dom;
  const element = dom.elementRecord;

  // A task of the event loop's own.
  dom.queueTask = (steps) => { lib.setTimer(0, steps); };
  const fireLater = dom.fireLater = (record, type) => dom.queueTask(() => lib.fire(dom.wrap(record), type));

  // --- What delays the document's `load` event. ---------------------------------------------------------------------
  dom.delays = 0;
  // Gives a function that ends the delay.
  dom.delayLoad = () => {
    let open = true;
    dom.delays++;
    return () => {
      if (!open) return;
      open = false;
      dom.delays--;
      ops.wakeDocument();
    };
  };
  // Starts a load; `done(outcome)` gets null if it failed. Returns a function that drops it.
  const load = dom.load = (record, kind, url, done, delaying, { parserInserted = dom.parsing, crossOrigin = attribute(record, 'crossorigin'), usesSourceSet = false, styleBase, originClean = false } = {}) => {
    const release = delaying ? dom.delayLoad() : undefined;
    const operation = lib.begin((outcome) => {
      release?.();
      done(outcome);
    });
    ops.loadElement(operation, {
      __proto__: null,
      element: kind, url: convert.USVString(url), crossOrigin: asText(crossOrigin),
      referrerPolicy: asText(attribute(record, 'referrerpolicy')), integrity: convert.USVString(attribute(record, 'integrity') ?? ''),
      nonce: convert.USVString(attribute(record, 'nonce') ?? ''),
      parserInserted, as: asText(attribute(record, 'as')), usesSourceSet, styleBase, originClean,
    });
    return () => {
      lib.forget(operation);
      ops.abortLoad(operation);
      release?.();
    };
  };
  const asText = dom.asText = (value) => (value === null ? undefined : convert.USVString(value));
  // Whether an element of this document loads anything at all.
  const loads = dom.loads = (record) => record.document.active && record.document.home === dom;

  // --- Scripts ------------------------------------------------------------------------------------------------------
  // The lists of the standard; a document has one parser-blocking script at most.
  dom.blockingScript = null;
  dom.deferredScripts = [];
  const orderedScripts = [];
  const mutedFiles = { __proto__: null };
  const javaScriptTypes = dom.setOf(`application/ecmascript application/javascript application/x-ecmascript application/x-javascript
    text/ecmascript text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 text/javascript1.4
    text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript`);
  const scriptType = (record) => {
    const type = attribute(record, 'type'), language = attribute(record, 'language');
    if (type === '' || (type === null && (language === null || language === ''))) return 'classic';
    const essence = dom.lower(type === null ? `text/${language}` : dom.strip(type));
    return essence === 'module' ? 'module' : javaScriptTypes[essence] === true ? 'classic' : null;
  };
  // Whether an error comes from a script whose errors the page must not see.
  dom.isMuted = (filename) => mutedFiles[filename] === true;

  const run = (record) => {
    const { script, document } = record;
    // A script that was moved to another document does not run there.
    if (document !== script.document || !document.active) return;
    if (script.source === null) {
      lib.fire(dom.wrap(record), 'error');
      return;
    }
    if (script.type === 'classic') {
      const before = document.currentScript;
      document.currentScript = record;
      try {
        ops.evaluateScript(script.source, script.filename);
      } catch (error) {
        lib.report(error);
      } finally {
        document.currentScript = before;
      }
    } else {
      const before = document.currentScript;
      document.currentScript = null;
      try {
        const evaluated = ops.evaluateModule(script.source, script.filename);
        if (evaluated === null) {
          lib.fire(dom.wrap(record), 'error');
          return;
        }
        then(evaluated, undefined, (error) => lib.report(error));
      } catch (error) {
        lib.report(error);
      } finally {
        document.currentScript = before;
      }
    }
    if (script.external) lib.fire(dom.wrap(record), 'load');
  };
  dom.runScript = (record) => {
    // The document takes its next step after this one, so that nothing is lost if the script never returns.
    record.script.release?.();
    run(record);
  };
  const ready = (record) => {
    const { script } = record;
    script.ready = true;
    if (script.schedule === 'soon') dom.queueStep(() => dom.runScript(record));
    else if (script.schedule === 'ordered') {
      while (orderedScripts.length > 0 && orderedScripts[0].script.ready) {
        const next = orderedScripts[0];
        splice(orderedScripts, 0, 1);
        dom.queueStep(() => dom.runScript(next));
      }
    } else ops.wakeDocument();
  };
  // The nonce counts if the element is "nonceable": nothing in its attributes looks like markup that was left open.
  const nonceOf = dom.nonceOf = (record) => {
    const nonce = attribute(record, 'nonce');
    if (nonce === null) return '';
    for (let index = 0; index < record.attributes.length; index++) {
      const { name, value } = record.attributes[index];
      const text = dom.lower(`${name} ${value}`);
      if (stringIndexOf(text, '<script') >= 0 || stringIndexOf(text, '<style') >= 0) return '';
    }
    return convert.USVString(nonce);
  };
  // "Prepare the script element."
  dom.prepareScript = (record) => {
    if (record.alreadyStarted) return;
    const parserInserted = record.parserInserted;
    record.parserInserted = false;
    if (parserInserted && !hasAttribute(record, 'async')) record.forceAsync = true;
    const src = attribute(record, 'src'), source = dom.childText(record);
    if ((src === null && source === '') || !record.connected) return;
    const type = scriptType(record);
    if (type === null) return;
    if (parserInserted) {
      record.parserInserted = true;
      record.forceAsync = false;
    }
    record.alreadyStarted = true;
    const { document } = record;
    if (!document.active || document.home !== dom || !dom.scripting) return;
    if (type === 'classic' && hasAttribute(record, 'nomodule')) return;
    if (src === null && !ops.allowsInline('script', convert.USVString(source), nonceOf(record), parserInserted)) {
      return;
    }
    const script = record.script = {
      __proto__: null, type, document, external: src !== null, source: null, filename: '', ready: false, schedule: '', release: undefined,
    };
    if (src !== null) {
      const url = src === '' ? null : dom.resolve(document, src);
      if (url === null) {
        fireLater(record, 'error');
        return;
      }
      script.filename = url;
    } else {
      script.filename = dom.documentUrl();
      // So that lines count from the beginning of the page.
      script.source = convert.USVString(lib.primordials.concat(lines(record.line), source));
    }
    if (src === null && type === 'classic') {
      dom.runScript(record);
      return;
    }
    script.release = dom.delayLoad();
    if (hasAttribute(record, 'async') || record.forceAsync) script.schedule = 'soon';
    else if (!parserInserted) {
      script.schedule = 'ordered';
      push(orderedScripts, record);
    } else if (type === 'module' || hasAttribute(record, 'defer')) {
      script.schedule = 'deferred';
      push(dom.deferredScripts, record);
    } else {
      script.schedule = 'blocking';
      dom.blockingScript = record;
    }
    if (src === null) {
      ready(record);
      return;
    }
    load(record, type === 'module' ? 'module' : 'script', src, (outcome) => {
      if (outcome !== null) {
        script.source = outcome.text;
        if (outcome.mutedErrors) mutedFiles[script.filename] = true;
      }
      ready(record);
    }, false, { parserInserted });
  };
  const lines = (line) => {
    let breaks = '';
    for (let index = 1; index < line; index++) breaks += '\n';
    return breaks;
  };
  dom.behave(['script'], {
    created(record) {
      record.alreadyStarted = false;
      record.parserInserted = false;
      record.forceAsync = true;
      record.line = 1;
    },
    cloned(from, to) { to.alreadyStarted = from.alreadyStarted; },
    connected(record) { if (!record.parserInserted) dom.prepareScript(record); },
    children(record) { if (record.connected && !record.parserInserted) dom.prepareScript(record); },
    attribute(record, name, old) {
      if (name === 'async') record.forceAsync = false;
      if (name === 'src' && old === null && record.connected && !record.parserInserted) dom.prepareScript(record);
    },
  });
  dom.defineElement('HTMLScriptElement', ['script'], () => ({
    attributes: { src: 'url', type: 'text', charset: 'text', defer: 'flag', noModule: 'flag', crossOrigin: '', integrity: 'text', referrerPolicy: '' },
    prototype: {
      get text() { return dom.childText(element(this)); },
      set text(value) { dom.replaceAll(element(this), dom.newText(element(this).document, convert.DOMString(value))); },
      get async() { const record = element(this); return record.forceAsync || hasAttribute(record, 'async'); },
      set async(value) {
        const record = element(this);
        record.forceAsync = false;
        if (value) setAttribute(record, 'async', '');
        else dom.removeAttribute(record, 'async');
      },
    },
  }));

  // --- Links --------------------------------------------------------------------------------------------------------
  const linkKind = (record) => {
    const rel = dom.tokens(dom.lower(attribute(record, 'rel') ?? ''));
    const has = (word) => indexOf(rel, word) >= 0;
    if (has('stylesheet')) return has('alternate') || hasAttribute(record, 'disabled') ? null : 'stylesheet';
    if (has('preload')) return preloadable[dom.lower(attribute(record, 'as') ?? '')] === true ? 'preload' : null;
    if (has('modulepreload')) return 'module';
    if (has('prefetch')) return 'prefetch';
    // A browser shows the icon of the document at the top alone.
    return has('icon') && isTop() ? 'icon' : null;
  };
  const preloadable = dom.setOf('fetch font image json script style text track');
  const isTop = () => {
    const { own, top } = ops.windows();
    return own === top;
  };
  const updateLink = (record) => {
    record.dropLink?.();
    record.dropLink = undefined;
    if (!record.connected || !loads(record)) return;
    const kind = linkKind(record), href = attribute(record, 'href');
    if (kind === null || href === null || href === '') return;
    if (dom.resolve(record.document, href) === null) {
      fireLater(record, 'error');
      return;
    }
    // MODEL: style sheets hold up no script.
    record.dropLink = load(record, kind, href, (outcome) => {
      record.dropLink = undefined;
      // MODEL: a redirect does not change the base of the sheet's URLs.
      if (kind === 'stylesheet' && outcome !== null && record.connected) dom.addLinkedSheet(record, outcome, dom.resolve(record.document, href));
      lib.fire(dom.wrap(record), outcome === null ? 'error' : 'load');
    }, kind === 'stylesheet');
  };
  dom.behave(['link'], {
    connected: updateLink,
    disconnected(record) { dom.removeSheets(record); },
    attribute(record, name) {
      if (record.connected && indexOf(['href', 'rel', 'crossorigin', 'referrerpolicy', 'disabled', 'as'], name) >= 0) updateLink(record);
    },
  });
  dom.defineElement('HTMLLinkElement', ['link'], () => ({
    attributes: { href: 'url', rel: 'text', media: 'text', hreflang: 'text', type: 'text', as: 'text', crossOrigin: '', integrity: 'text', referrerPolicy: '', disabled: 'flag' },
    prototype: { get relList() { return dom.tokenList(element(this), 'rel', supportedLinks); } },
  }));
  const supportedLinks = dom.setOf('stylesheet alternate preload modulepreload prefetch icon');

  // --- Frames -------------------------------------------------------------------------------------------------------
  // The frames in the document, in tree order of their insertion; window[0] and so on are made from it.
  dom.frameElements = [];
  const frameAttributes = (record) => ({
    __proto__: null,
    src: asText(attribute(record, 'src')), srcdoc: asText(attribute(record, 'srcdoc')), sandbox: asText(attribute(record, 'sandbox')),
    name: convert.USVString(attribute(record, 'name') ?? ''), referrerPolicy: asText(attribute(record, 'referrerpolicy')),
    credentialless: hasAttribute(record, 'credentialless'),
  });
  dom.behave(['iframe', 'frame'], {
    connected(record) {
      if (!loads(record)) return;
      record.release = dom.delayLoad();
      const loaded = () => {
        record.release?.();
        record.release = undefined;
        lib.fire(dom.wrap(record), 'load');
      };
      record.operation = lib.begin(loaded, { repeat: true });
      push(dom.frameElements, record);
      const { window, hasLoaded } = ops.insertFrame(record.operation, frameAttributes(record));
      record.window = window;
      dom.framesChanged?.();
      if (hasLoaded) loaded();
    },
    disconnected(record) {
      if (record.window === undefined) return;
      const { window } = record;
      record.window = undefined;
      lib.forget(record.operation);
      splice(dom.frameElements, indexOf(dom.frameElements, record), 1);
      ops.removeFrame(window);
      dom.framesChanged?.();
      if (record.release !== undefined) {
        const { release } = record;
        record.release = undefined;
        dom.queueTask(release);
      }
    },
    attribute(record, name) {
      if (record.window === undefined) return;
      if (name === 'srcdoc' || (name === 'src' && !hasAttribute(record, 'srcdoc'))) ops.updateFrame(record.window, frameAttributes(record));
    },
  });
  const frameAttributesOf = { src: 'url', name: 'text', width: 'text', height: 'text' };
  const framePrototype = () => ({
    get contentWindow() { const { window } = element(this); return window === undefined ? null : dom.windowObject(window); },
    get contentDocument() { const { window } = element(this); return window === undefined ? null : dom.documentOfWindow(window); },
  });
  const sandboxTokens = dom.setOf(`allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups
    allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts allow-top-navigation
    allow-top-navigation-by-user-activation allow-top-navigation-to-custom-protocols`);
  dom.defineElement('HTMLFrameElement', ['frame'], () => ({ attributes: frameAttributesOf, prototype: framePrototype() }));
  dom.defineElement('HTMLIFrameElement', ['iframe'], () => {
    const prototype = framePrototype();
    const sandbox = {
      get sandbox() { return dom.tokenList(element(this), 'sandbox', sandboxTokens); },
      set sandbox(value) { setAttribute(element(this), 'sandbox', convert.DOMString(value)); },
    };
    defineProperty(prototype, 'sandbox', getOwnPropertyDescriptor(sandbox, 'sandbox'));
    return {
      attributes: { ...frameAttributesOf, srcdoc: 'text', allow: 'text', referrerPolicy: '', credentialless: 'flag', loading: [['eager', 'lazy'], 'loading'] },
      prototype,
    };
  });

  // --- Audio, video, embed and object: what they ask for, and whether it came. --------------------------------------
  const media = (kind, name, whenConnected, loaded, delaying) => ({
    created(record) { if (!whenConnected && hasAttribute(record, name)) updateMedia(record, kind, name, loaded, delaying); },
    connected(record) { if (whenConnected && hasAttribute(record, name)) updateMedia(record, kind, name, loaded, delaying); },
    attribute(record, changed) { if (changed === name && (!whenConnected || record.connected)) updateMedia(record, kind, name, loaded, delaying); },
  });
  const updateMedia = (record, kind, name, loaded, delaying) => {
    record.dropMedia?.();
    record.dropMedia = undefined;
    const url = attribute(record, name);
    if (url === null || !loads(record)) return;
    if (url === '' || dom.resolve(record.document, url) === null) {
      fireLater(record, 'error');
      return;
    }
    record.dropMedia = load(record, kind, url, (outcome) => {
      record.dropMedia = undefined;
      lib.fire(dom.wrap(record), outcome === null ? 'error' : loaded);
    }, delaying);
  };
  // MODEL: source children are not read, and nothing plays.
  dom.behave(['audio'], media('audio', 'src', false, 'loadeddata', true));
  dom.behave(['video'], media('video', 'src', false, 'loadeddata', true));
  dom.behave(['embed'], media('embed', 'src', true, 'load', true));
  dom.behave(['object'], media('object', 'data', true, 'load', true));
  const mediaAttributes = { src: 'url', crossOrigin: '', preload: 'text', autoplay: 'flag', loop: 'flag', controls: 'flag' };
  dom.defineElement('HTMLMediaElement', []);
  dom.defineElement('HTMLAudioElement', ['audio'], () => ({ attributes: mediaAttributes, parent: dom.elementInterface('HTMLMediaElement') }));
  dom.defineElement('HTMLVideoElement', ['video'], () => ({ attributes: { ...mediaAttributes, poster: 'url' }, parent: dom.elementInterface('HTMLMediaElement') }));
  dom.defineElement('HTMLEmbedElement', ['embed'], () => ({ attributes: { src: 'url', type: 'text' } }));
  dom.defineElement('HTMLObjectElement', ['object'], () => ({ attributes: { data: 'url', type: 'text', name: 'text' } }));
  // --- Text tracks. -------------------------------------------------------------------------------------------------
  const mediaOf = (record) => (record.parent !== null && (dom.is(record.parent, 'audio') || dom.is(record.parent, 'video')) ? record.parent : null);
  // MODEL: nobody turns tracks on, so that only one that is the default is read.
  const updateTrack = (record) => {
    const parent = mediaOf(record);
    if (parent === null || !hasAttribute(record, 'default') || !loads(record)) return;
    const url = attribute(record, 'src') ?? '';
    record.dropTrack?.();
    record.dropTrack = undefined;
    if (url === '' || dom.resolve(record.document, url) === null) {
      fireLater(record, 'error');
      return;
    }
    record.dropTrack = load(record, 'track', url, (outcome) => {
      record.dropTrack = undefined;
      lib.fire(dom.wrap(record), outcome === null ? 'error' : 'load');
    }, false, { crossOrigin: attribute(parent, 'crossorigin') });
  };
  dom.behave(['track'], {
    connected: updateTrack,
    attribute(record, name) { if (record.connected && (name === 'src' || name === 'default')) updateTrack(record); },
  });
  dom.defineElement('HTMLTrackElement', ['track'], () => ({ attributes: { kind: 'text', src: 'url', srclang: 'text', label: 'text', default: 'flag' } }));
}
