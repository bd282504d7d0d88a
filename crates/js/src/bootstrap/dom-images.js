// Elements with images: img and picture, buttons, posters, and images of SVG.

export default function (ops, lib, global) {
  const { push, splice, indexOf, defineProperty, DOMException, Promise } = lib.primordials;
  const { convert, dom } = lib;
  const { attribute, hasAttribute, setAttribute, asText } = dom;
  const element = dom.elementRecord;

  // --- Images -------------------------------------------------------------------------------------------------------
  // record.image: { state: 'none' | 'pending' | 'loaded' | 'broken', source, width, height, drop, waiting }
  const newImage = (state) => ({ __proto__: null, state, source: '', width: 0, height: 0, drop: undefined, waiting: [] });
  const pictureOf = (record) => (dom.is(record.parent, 'picture') ? record.parent : null);
  const usesSourceSet = (record) => hasAttribute(record, 'srcset') || pictureOf(record) !== null;
  const hasSource = (record) => hasAttribute(record, 'src') || usesSourceSet(record);
  // What the element and the sources before it say. "Update the source set."
  const sourcesOf = (record) => {
    const picture = [];
    for (let at = record.previous; pictureOf(record) !== null && at !== null; at = at.previous) {
      if (!dom.is(at, 'source')) continue;
      splice(picture, 0, 0, {
        __proto__: null, srcset: asText(attribute(at, 'srcset')), sizes: asText(attribute(at, 'sizes')), media: asText(attribute(at, 'media')),
        type: asText(attribute(at, 'type')),
      });
    }
    return { __proto__: null, src: asText(attribute(record, 'src')), srcset: asText(attribute(record, 'srcset')), sizes: asText(attribute(record, 'sizes')), picture };
  };
  const settleImage = (record, outcome) => {
    const { image } = record;
    image.drop = undefined;
    image.state = outcome === null ? 'broken' : 'loaded';
    if (outcome !== null) {
      image.width = outcome.width;
      image.height = outcome.height;
    }
    const { waiting } = image;
    image.waiting = [];
    for (let index = 0; index < waiting.length; index++) waiting[index](outcome !== null);
    lib.fire(dom.wrap(record), outcome === null ? 'error' : 'load');
  };
  // "Update the image data."
  const updateImage = (record) => {
    record.image.drop?.();
    const { waiting } = record.image;
    const image = record.image = newImage(hasSource(record) ? 'pending' : 'none');
    image.waiting = waiting;
    if (image.state === 'none') return;
    const chosen = usesSourceSet(record);
    const source = chosen ? ops.selectImageSource(sourcesOf(record)) ?? '' : attribute(record, 'src');
    image.source = source;
    if (dom.strip(source) === '' || dom.resolve(record.document, source) === null) {
      // Without any source there is an event only if one was to be had.
      const silent = dom.strip(source) === '' && !hasAttribute(record, 'src') && !chosen;
      dom.queueTask(() => { if (record.image === image && !silent) settleImage(record, null); });
      return;
    }
    image.drop = dom.load(record, 'image', source, (outcome) => settleImage(record, outcome), true, { usesSourceSet: chosen });
  };
  const imageChanged = (record) => {
    if (!dom.loads(record)) return;
    record.image.state = hasSource(record) ? 'pending' : 'none';
    // The parser's images begin in document order; a script's when the script is done setting attributes.
    if (dom.parsing) {
      updateImage(record);
      return;
    }
    if (record.image.queued) return;
    record.image.queued = true;
    const release = dom.delayLoad();
    lib.queueMicrotask(() => {
      updateImage(record);
      release();
    });
  };
  const imageAttributes = ['src', 'srcset', 'sizes'];
  dom.behave(['img'], {
    created(record) {
      record.image = newImage('none');
      // One of the parser's begins where it stands, so that its picture counts.
      if (hasSource(record) && !dom.parsing) imageChanged(record);
    },
    connected(record) {
      // One that came from the parser or from a document that loads nothing, or that got into a picture.
      if (hasSource(record) && (record.image.state === 'none' || pictureOf(record) !== null)) imageChanged(record);
    },
    attribute(record, name) {
      if (indexOf(imageAttributes, name) >= 0 || ((name === 'crossorigin' || name === 'referrerpolicy') && hasSource(record))) imageChanged(record);
    },
  });
  // The images behind a source in its picture.
  const sourceChanged = (record) => {
    if (pictureOf(record) === null) return;
    for (let at = record.next; at !== null; at = at.next) if (dom.is(at, 'img')) imageChanged(at);
  };
  dom.behave(['source'], {
    connected: sourceChanged,
    attribute(record, name) { if (indexOf(['srcset', 'sizes', 'media', 'type'], name) >= 0) sourceChanged(record); },
  });
  dom.defineElement('HTMLSourceElement', ['source'], () => ({ attributes: { src: 'url', type: 'text', srcset: 'text', sizes: 'text', media: 'text' } }));
  dom.defineElement('HTMLImageElement', ['img'], () => ({
    attributes: { alt: 'text', src: 'url', srcset: 'text', sizes: 'text', crossOrigin: '', referrerPolicy: '', name: 'text', loading: [['eager', 'lazy'], 'loading'] },
    prototype: {
      get width() { const record = element(this); return convert.long(attribute(record, 'width') ?? record.image.width); },
      set width(value) { setAttribute(element(this), 'width', `${convert.unsignedLong(value)}`); },
      get height() { const record = element(this); return convert.long(attribute(record, 'height') ?? record.image.height); },
      set height(value) { setAttribute(element(this), 'height', `${convert.unsignedLong(value)}`); },
      get naturalWidth() { return element(this).image.width; },
      get naturalHeight() { return element(this).image.height; },
      get complete() { return element(this).image.state !== 'pending'; },
      get currentSrc() { const record = element(this), { source } = record.image; return source === '' ? '' : dom.resolve(record.document, source) ?? source; },
      decode() {
        const { image } = element(this);
        return new Promise((resolve, reject) => {
          const settle = (loaded) => {
            if (loaded) resolve();
            else reject(new DOMException('the image cannot be decoded', 'EncodingError'));
          };
          if (image.state === 'pending') push(image.waiting, settle);
          else settle(image.state === 'loaded');
        });
      },
    },
  }));
  // new Image(width, height)
  dom.exposeLazily('Image', () => {
    const constructor = { Image: function () {
      lib.requireNew(new.target, 'Image');
      const record = dom.newElement(dom.document, dom.HTML, 'img');
      if (arguments[0] !== undefined) setAttribute(record, 'width', `${convert.unsignedLong(arguments[0])}`);
      if (arguments[1] !== undefined) setAttribute(record, 'height', `${convert.unsignedLong(arguments[1])}`);
      return dom.wrap(record);
    } }.Image;
    defineProperty(constructor, 'prototype', { value: dom.elementInterface('HTMLImageElement').prototype, writable: false });
    return constructor;
  });

  // --- The other elements with one image: buttons, posters, images of SVG. ------------------------------------------
  // `key` is where the record keeps what drops the load.
  const updateSingle = (record, key, kind, url, fires) => {
    record[key]?.();
    record[key] = undefined;
    if (url === null || !dom.loads(record)) return;
    const settle = (outcome) => {
      record[key] = undefined;
      if (fires) lib.fire(dom.wrap(record), outcome === null ? 'error' : 'load');
    };
    if (dom.strip(url) === '' || dom.resolve(record.document, url) === null) {
      dom.queueTask(() => settle(null));
      return;
    }
    record[key] = dom.load(record, kind, url, settle, true);
  };
  const updateButton = (record) => {
    const url = dom.typeOf(record) === 'image' ? attribute(record, 'src') : null;
    updateSingle(record, 'dropImage', 'imageButton', url, true);
  };
  const input = dom.behaviours.input;
  input.created = (record) => { if (hasAttribute(record, 'src')) updateButton(record); };
  input.attribute = (record, name) => { if (name === 'src' || (name === 'type' && hasAttribute(record, 'src'))) updateButton(record); };

  const updatePoster = (record) => updateSingle(record, 'dropPoster', 'poster', attribute(record, 'poster'), false);
  const { created, attribute: changed } = dom.behaviours.video;
  dom.behaviours.video.created = (record) => {
    created(record);
    if (hasAttribute(record, 'poster')) updatePoster(record);
  };
  dom.behaviours.video.attribute = (record, name, old) => {
    changed(record, name, old);
    if (name === 'poster') updatePoster(record);
  };

  const isSvgImage = (record) => record.namespace === dom.SVG && record.local === 'image';
  const updateSvgImage = (record) => {
    // In markup the older name is still met.
    const url = attribute(record, 'href') ?? attribute(record, 'xlink:href');
    updateSingle(record, 'dropImage', 'svgImage', record.connected ? url : null, true);
  };
  push(dom.watchers.connected, (record) => { if (isSvgImage(record)) updateSvgImage(record); });
  push(dom.watchers.disconnected, (record) => { if (isSvgImage(record)) updateSvgImage(record); });
  push(dom.watchers.attribute, (record, name) => {
    if (isSvgImage(record) && (name === 'href' || name === 'xlink:href' || name === 'crossorigin')) updateSvgImage(record);
  });
}
