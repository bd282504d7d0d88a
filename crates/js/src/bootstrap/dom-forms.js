// Forms: their controls, their entry lists, and how they are submitted.

export default function (ops, lib, global) {
  const { push, indexOf, defineProperty, DOMException, TypeError } = lib.primordials;
  const { convert, dom } = lib;
  const { is, attribute, hasAttribute, setAttribute, lower } = dom;
  const element = dom.elementRecord;

  // --- Which form a control belongs to. -----------------------------------------------------------------------------
  const controls = ['button', 'fieldset', 'input', 'object', 'output', 'select', 'textarea'];
  const isListed = (record) => record.html && indexOf(controls, record.local) >= 0;
  const submittable = ['button', 'input', 'select', 'textarea'];
  dom.isControl = (record) => record.html && indexOf(submittable, record.local) >= 0;
  dom.formOf = (record) => {
    if (!isListed(record) && !is(record, 'label') && !is(record, 'option')) return dom.closest(record, 'form');
    const id = attribute(record, 'form');
    if (id !== null && record.connected) {
      const form = dom.byId(dom.root(record), id);
      return is(form, 'form') ? form : null;
    }
    const near = dom.closest(record.parent, 'form');
    if (near !== null) return near;
    // The parser's choice, where the tree cannot say it: a form that tables tore apart.
    const { parserForm } = record;
    return parserForm !== undefined && dom.root(parserForm) === dom.root(record) ? parserForm : null;
  };
  const controlsOf = (form) => dom.findAll(dom.root(form), (record) => isListed(record) && dom.formOf(record) === form);
  dom.controlsOf = controlsOf;
  dom.isDisabled = (record) => {
    if (!record.html) return false;
    if (dom.isControl(record) || is(record, 'option') || is(record, 'fieldset')) {
      if (hasAttribute(record, 'disabled')) return true;
    }
    if (!dom.isControl(record)) return false;
    let below = record;
    for (let at = record.parent; at !== null; below = at, at = at.parent) {
      // What is in the first legend of a disabled fieldset is not disabled by it.
      if (is(at, 'fieldset') && hasAttribute(at, 'disabled') && dom.childElement(at, 'legend') !== below) return true;
    }
    return false;
  };
  const labelable = ['button', 'input', 'meter', 'output', 'progress', 'select', 'textarea'];
  dom.controlOfLabel = (label) => {
    const id = attribute(label, 'for');
    if (id !== null) {
      const control = dom.byId(dom.root(label), id);
      return control !== null && control.html && indexOf(labelable, control.local) >= 0 ? control : null;
    }
    return dom.find(label, (record) => record.html && indexOf(labelable, record.local) >= 0 && typeOf(record) !== 'hidden');
  };

  // --- Inputs: type, value, checkedness. ----------------------------------------------------------------------------
  const inputTypes = ['hidden', 'text', 'search', 'tel', 'url', 'email', 'password', 'date', 'month', 'week', 'time',
    'datetime-local', 'number', 'range', 'color', 'checkbox', 'radio', 'file', 'submit', 'image', 'reset', 'button'];
  const typeOf = (record) => {
    const type = lower(attribute(record, 'type') ?? '');
    if (record.local === 'button') return type === 'reset' || type === 'button' ? type : 'submit';
    if (record.local !== 'input') return record.local;
    return indexOf(inputTypes, type) >= 0 ? type : 'text';
  };
  dom.typeOf = typeOf;
  const valueMode = (type) => {
    if (type === 'hidden' || type === 'submit' || type === 'image' || type === 'reset' || type === 'button') return 'default';
    if (type === 'checkbox' || type === 'radio') return 'default/on';
    return type === 'file' ? 'filename' : 'value';
  };
  const withoutBreaks = (text) => {
    let result = '';
    for (let index = 0; index < text.length; index++) if (text[index] !== '\n' && text[index] !== '\r') result += text[index];
    return result;
  };
  // MODEL: of the value sanitization algorithms there are those for text, not those for dates, numbers and colours.
  const sanitize = (type, value) => {
    if (type === 'email' || type === 'url') return dom.strip(withoutBreaks(value));
    if (type === 'text' || type === 'search' || type === 'tel' || type === 'password') return withoutBreaks(value);
    return value;
  };
  const inputValue = (record) => {
    const type = typeOf(record);
    switch (valueMode(type)) {
      case 'default': return attribute(record, 'value') ?? '';
      case 'default/on': return attribute(record, 'value') ?? 'on';
      case 'filename': {
        const { files } = record;
        return files === undefined || files.length === 0 ? '' : `C:\\fakepath\\${lib.state(files[0], 'File').name}`;
      }
      default: return sanitize(type, record.value ?? attribute(record, 'value') ?? '');
    }
  };
  const setInputValue = (record, value) => {
    const mode = valueMode(typeOf(record));
    if (mode === 'value') record.value = value;
    else if (mode === 'filename') {
      if (value !== '') throw new DOMException("a file input's value can only be emptied", 'InvalidStateError');
      record.files = [];
    } else setAttribute(record, 'value', value);
  };
  dom.isChecked = (record) => record.checked ?? hasAttribute(record, 'checked');
  const setChecked = (record, checked) => {
    if (checked && typeOf(record) === 'radio') uncheckGroup(record);
    record.checked = checked;
  };
  const uncheckGroup = (record) => {
    const name = attribute(record, 'name') ?? '';
    if (name === '') return;
    const form = dom.formOf(record);
    const others = dom.findAll(dom.root(record), (other) => other !== record && is(other, 'input') && typeOf(other) === 'radio' &&
      attribute(other, 'name') === name && dom.formOf(other) === form);
    for (let index = 0; index < others.length; index++) others[index].checked = false;
  };
  const checkedInGroup = (record) => {
    const form = dom.formOf(record), name = attribute(record, 'name') ?? '';
    return dom.find(dom.root(record), (other) => is(other, 'input') && typeOf(other) === 'radio' && dom.isChecked(other) &&
      attribute(other, 'name') === name && dom.formOf(other) === form);
  };
  dom.behave(['input'], {
    cloned(from, to) {
      to.value = from.value;
      to.checked = from.checked;
      to.files = from.files;
    },
  });

  // --- Text areas and selects. --------------------------------------------------------------------------------------
  const textareaValue = (record) => record.value ?? dom.childText(record);
  const optionsOf = (select) => dom.findAll(select, (record) => is(record, 'option'));
  const optionText = (option) => {
    const words = dom.textContent(option);
    let text = '';
    for (let index = 0; index < words.length; index++) {
      const space = dom.isSpace(lib.primordials.charCodeAt(words, index));
      if (!space) text += words[index];
      else if (text !== '' && text[text.length - 1] !== ' ') text += ' ';
    }
    return dom.strip(text);
  };
  dom.optionText = optionText;
  const optionValue = (option) => attribute(option, 'value') ?? optionText(option);
  const isMultiple = (select) => hasAttribute(select, 'multiple');
  const ownSelected = (option) => option.selected ?? hasAttribute(option, 'selected');
  // With single selection the last one that is selected counts, or else the first that is not disabled.
  const selectedOptions = (select) => {
    const options = optionsOf(select);
    const chosen = [];
    for (let index = 0; index < options.length; index++) if (ownSelected(options[index])) push(chosen, options[index]);
    if (isMultiple(select)) return chosen;
    if (chosen.length > 0) return [chosen[chosen.length - 1]];
    if (+(attribute(select, 'size') ?? 1) > 1 || select.emptied) return [];
    for (let index = 0; index < options.length; index++) if (!dom.isDisabled(options[index])) return [options[index]];
    return [];
  };
  dom.isSelected = (option) => {
    const select = dom.closest(option, 'select');
    return select === null ? ownSelected(option) : indexOf(selectedOptions(select), option) >= 0;
  };
  const choose = (select, wanted) => {
    const options = optionsOf(select);
    for (let index = 0; index < options.length; index++) options[index].selected = options[index] === wanted;
    select.emptied = wanted === null;
  };
  const setOption = (option, selected) => {
    const select = dom.closest(option, 'select');
    if (select !== null && !isMultiple(select) && selected) choose(select, option);
    else option.selected = selected;
  };

  // A field's value.
  dom.valueOf = (record) => {
    if (is(record, 'select')) {
      const chosen = selectedOptions(record);
      return chosen.length === 0 ? '' : optionValue(chosen[0]);
    }
    if (is(record, 'option')) return optionValue(record);
    return is(record, 'textarea') ? textareaValue(record) : inputValue(record);
  };
  dom.setValue = (record, value) => {
    if (is(record, 'select')) {
      const options = optionsOf(record);
      let found = null;
      for (let index = options.length - 1; index >= 0; index--) if (optionValue(options[index]) === value) found = options[index];
      choose(record, found);
    } else if (is(record, 'textarea')) record.value = value;
    else setInputValue(record, value);
  };

  // --- Resetting. ---------------------------------------------------------------------------------------------------
  const reset = (form) => {
    if (!lib.fire(dom.wrap(form), 'reset', { bubbles: true, cancelable: true })) return;
    const list = controlsOf(form);
    for (let index = 0; index < list.length; index++) {
      const record = list[index];
      record.value = record.checked = record.files = undefined;
      if (is(record, 'select')) {
        record.emptied = false;
        const options = optionsOf(record);
        for (let at = 0; at < options.length; at++) options[at].selected = undefined;
      }
    }
  };

  // --- The entry list. ----------------------------------------------------------------------------------------------
  const isSubmitButton = (record) => (is(record, 'input') && (typeOf(record) === 'submit' || typeOf(record) === 'image')) ||
    (is(record, 'button') && typeOf(record) === 'submit');
  dom.isSubmitButton = isSubmitButton;
  const text = convert.USVString;
  // [[name, value], …], where a value is a string or a File; null while the form's list is being made already.
  const entryList = (form, submitter) => {
    if (form.constructing) return null;
    form.constructing = true;
    try {
      const entries = [];
      const list = controlsOf(form);
      for (let index = 0; index < list.length; index++) controlEntries(entries, list[index], submitter);
      const data = lib.createFormData([]);
      lib.state(data, 'FormData').list = entries;
      lib.fire(dom.wrap(form), 'formdata', { bubbles: true, formData: data }, FormDataEvent);
      return lib.state(data, 'FormData').list;
    } finally {
      form.constructing = false;
    }
  };
  const controlEntries = (entries, record, submitter) => {
    if (!dom.isControl(record) || dom.isDisabled(record) || dom.closest(record.parent, 'datalist') !== null) return;
    const type = typeOf(record);
    if ((isSubmitButton(record) || type === 'button' || type === 'reset') && record !== submitter) return;
    if ((type === 'checkbox' || type === 'radio') && !dom.isChecked(record)) return;
    const name = text(attribute(record, 'name') ?? '');
    if (type === 'image') {
      // Where the button was clicked; a click that nobody's hand made is at its corner.
      const prefix = name === '' ? '' : `${name}.`;
      push(entries, [`${prefix}x`, '0'], [`${prefix}y`, '0']);
      return;
    }
    if (name === '') return;
    if (is(record, 'select')) {
      const options = selectedOptions(record);
      for (let index = 0; index < options.length; index++) {
        if (!dom.isDisabled(options[index])) push(entries, [name, text(optionValue(options[index]))]);
      }
    } else if (is(record, 'button')) push(entries, [name, text(attribute(record, 'value') ?? '')]);
    else if (is(record, 'textarea')) push(entries, [name, text(textareaValue(record))]);
    else if (type === 'file') {
      const files = record.files ?? [];
      for (let index = 0; index < files.length; index++) push(entries, [name, files[index]]);
      if (files.length === 0) push(entries, [name, lib.createFile(ops.dataFromText(''), 'application/octet-stream', '')]);
    } else if (type === 'hidden' && lower(name) === '_charset_') push(entries, [name, 'UTF-8']);
    else push(entries, [name, text(inputValue(record))]);
  };
  lib.hooks.formEntries = (object, submitter) => {
    const form = lib.peek(object, 'Node');
    if (form === undefined || !is(form, 'form')) throw new TypeError('FormData: not of type HTMLFormElement');
    let button = null;
    if (submitter !== null) {
      button = lib.peek(submitter, 'Node');
      if (button === undefined || !isSubmitButton(button)) throw new TypeError('FormData: the submitter is no submit button');
      if (dom.formOf(button) !== form) throw new DOMException("the submitter is not the form's", 'NotFoundError');
    }
    const entries = entryList(form, button);
    if (entries === null) throw new DOMException("the form's entries are being listed already", 'InvalidStateError');
    return lib.primordials.slice(entries);
  };

  // --- Submission. --------------------------------------------------------------------------------------------------
  // MODEL: constraint validation is skipped.
  dom.submit = (form, submitter, { silent = false } = {}) => {
    if (!form.connected || !form.document.active || form.submitting || form.constructing) return;
    if (!silent) {
      form.submitting = true;
      let go;
      try {
        go = lib.fire(dom.wrap(form), 'submit', { bubbles: true, cancelable: true, submitter: dom.wrap(submitter) }, SubmitEvent);
      } finally {
        form.submitting = false;
      }
      if (!go || !form.connected) return;
    }
    const entries = entryList(form, submitter);
    if (entries === null || !form.connected) return;
    const of = (onButton, onForm) => {
      const own = submitter === null ? null : attribute(submitter, onButton);
      return own ?? attribute(form, onForm) ?? '';
    };
    const method = lower(of('formmethod', 'method'));
    // MODEL: method=dialog closes no dialog.
    if (method === 'dialog') return;
    const target = submitter !== null && hasAttribute(submitter, 'formtarget') ? attribute(submitter, 'formtarget') : dom.targetOf(form);
    ops.submitForm({
      __proto__: null,
      action: text(of('formaction', 'action')), method: text(method), enctype: text(lower(of('formenctype', 'enctype'))),
      target: text(target), rel: text(attribute(form, 'rel') ?? ''), entries: lib.entriesToRust(entries), userActivation: dom.isUserActive(),
    });
  };
  const submitWith = (button) => {
    const form = dom.formOf(button);
    if (form !== null) dom.submit(form, button);
  };
  const changedByUser = (record) => {
    if (!record.connected) return;
    lib.fire(dom.wrap(record), 'input', { bubbles: true, composed: true });
    lib.fire(dom.wrap(record), 'change', { bubbles: true });
  };
  dom.changedByUser = changedByUser;
  dom.activations.input = {
    active: (record) => !dom.isDisabled(record) && indexOf(['checkbox', 'radio', 'submit', 'image', 'reset'], typeOf(record)) >= 0,
    before(record) {
      const type = typeOf(record);
      if (type === 'checkbox') {
        const saved = dom.isChecked(record);
        record.checked = !saved;
        return { checked: saved };
      }
      if (type === 'radio') {
        const other = checkedInGroup(record);
        setChecked(record, true);
        return { checked: other === record, other };
      }
      return undefined;
    },
    canceled(record, saved) {
      if (saved === undefined) return;
      record.checked = saved.checked;
      if (saved.other !== undefined && saved.other !== null) setChecked(saved.other, true);
    },
    activate(record, event) {
      const type = typeOf(record);
      if (type === 'checkbox' || type === 'radio') changedByUser(record);
      else if (type === 'reset') { const form = dom.formOf(record); if (form !== null) reset(form); } else submitWith(record);
    },
  };
  dom.activations.button = {
    active: (record) => !dom.isDisabled(record),
    activate(record) {
      const type = typeOf(record), form = dom.formOf(record);
      if (form === null) return;
      if (type === 'submit') dom.submit(form, record);
      else if (type === 'reset') reset(form);
    },
  };
  const SubmitEvent = lib.defineEvent('SubmitEvent', { submitter: [null] });
  const FormDataEvent = lib.defineEvent('FormDataEvent', { formData: [null] });

  // --- The interfaces. ----------------------------------------------------------------------------------------------
  const methods = ['get', 'post', 'dialog'];
  const encodings = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
  const owner = { get form() { return dom.wrap(dom.formOf(element(this))); } };
  const withOwner = (prototype) => defineProperty(prototype, 'form', lib.primordials.getOwnPropertyDescriptor(owner, 'form')) && prototype;
  // `action` and `formAction` are the document's URL when the attribute is missing or empty.
  const actionAccessor = (property, name) => ({
    get [property]() {
      const record = element(this), value = attribute(record, name) ?? '';
      return value === '' ? dom.documentUrl() : dom.resolve(record.document, value) ?? value;
    },
    set [property](value) { setAttribute(element(this), name, convert.USVString(value)); },
  });
  const define = (target, source) => {
    for (const key in source) defineProperty(target, key, lib.primordials.getOwnPropertyDescriptor(source, key));
    return target;
  };
  const formElements = (record) => dom.liveCollection(record, 'elements', () => {
    const list = controlsOf(record), kept = [];
    for (let index = 0; index < list.length; index++) if (typeOf(list[index]) !== 'image') push(kept, list[index]);
    return kept;
  });
  dom.defineElement('HTMLFormElement', ['form'], () => ({
    attributes: { name: 'text', target: 'text', rel: 'text', method: [methods, 'method'], enctype: [encodings, 'enctype'], encoding: [encodings, 'enctype'], acceptCharset: ['text', 'accept-charset'], noValidate: 'flag', autocomplete: 'text' },
    prototype: define({
      get elements() { return formElements(element(this)); },
      get length() { return formElements(element(this)).length; },
      submit() { dom.submit(element(this), null, { silent: true }); },
      requestSubmit() {
        const form = element(this);
        let submitter = null;
        if (arguments[0] !== undefined && arguments[0] !== null) {
          submitter = element(arguments[0]);
          if (!isSubmitButton(submitter)) throw new TypeError('HTMLFormElement.requestSubmit: the submitter is no submit button');
          if (dom.formOf(submitter) !== form) throw new DOMException("the submitter is not the form's", 'NotFoundError');
        }
        dom.submit(form, submitter);
      },
      reset() { reset(element(this)); },
    }, actionAccessor('action', 'action')),
  }));
  dom.namedControl = (form, key) => {
    const list = controlsOf(form);
    for (let index = 0; index < list.length; index++) {
      if (attribute(list[index], 'id') === key || attribute(list[index], 'name') === key) return list[index];
    }
    return null;
  };

  const buttonOptions = {
    formMethod: [['', 'get', 'post', 'dialog'], 'formmethod'], formEnctype: [['', ...encodings], 'formenctype'],
    formTarget: 'text', formNoValidate: 'flag',
  };
  dom.defineElement('HTMLInputElement', ['input'], () => ({
    attributes: {
      accept: 'text', alt: 'text', autocomplete: 'text', autofocus: 'flag', defaultChecked: ['flag', 'checked'], defaultValue: ['text', 'value'],
      disabled: 'flag', max: 'text', maxLength: 'number', min: 'text', minLength: 'number', multiple: 'flag', name: 'text', pattern: 'text',
      placeholder: 'text', readOnly: 'flag', required: 'flag', size: 'number', src: 'url', step: 'text', ...buttonOptions,
    },
    prototype: withOwner(define({
      get type() { return typeOf(element(this)); },
      set type(value) { setAttribute(element(this), 'type', convert.DOMString(value)); },
      get value() { return inputValue(element(this)); },
      set value(value) { setInputValue(element(this), value === null ? '' : convert.DOMString(value)); },
      get checked() { return dom.isChecked(element(this)); },
      set checked(value) { setChecked(element(this), !!value); },
      get files() { const record = element(this); return typeOf(record) === 'file' ? fileList(record) : null; },
      set files(value) {
        const record = element(this);
        if (typeOf(record) !== 'file' || value === null) return;
        convert.interface(value, 'FileList', 'HTMLInputElement.files');
        record.files = lib.state(value, 'FileList').list();
      },
      get labels() { const record = element(this); return labelsOf(record); },
    }, actionAccessor('formAction', 'formaction'))),
  }));
  const labelsOf = (record) => dom.nodeList(() => dom.findAll(dom.root(record), (label) => is(label, 'label') && dom.controlOfLabel(label) === record));
  dom.defineElement('HTMLButtonElement', ['button'], () => ({
    attributes: { disabled: 'flag', name: 'text', value: 'text', ...buttonOptions },
    prototype: withOwner(define({
      get type() { return typeOf(element(this)); },
      set type(value) { setAttribute(element(this), 'type', convert.DOMString(value)); },
      get labels() { return labelsOf(element(this)); },
    }, actionAccessor('formAction', 'formaction'))),
  }));
  dom.defineElement('HTMLTextAreaElement', ['textarea'], () => ({
    attributes: { cols: 'number', disabled: 'flag', maxLength: 'number', minLength: 'number', name: 'text', placeholder: 'text', readOnly: 'flag', required: 'flag', rows: 'number' },
    prototype: withOwner({
      get type() { element(this); return 'textarea'; },
      get value() { return textareaValue(element(this)); },
      set value(value) { element(this).value = value === null ? '' : convert.DOMString(value); },
      get defaultValue() { return dom.childText(element(this)); },
      set defaultValue(value) { dom.replaceAll(element(this), dom.newText(element(this).document, convert.DOMString(value))); },
      get textLength() { return textareaValue(element(this)).length; },
      get labels() { return labelsOf(element(this)); },
    }),
  }));
  dom.defineElement('HTMLSelectElement', ['select'], () => ({
    attributes: { disabled: 'flag', multiple: 'flag', name: 'text', required: 'flag', size: 'number' },
    prototype: withOwner({
      get type() { return isMultiple(element(this)) ? 'select-multiple' : 'select-one'; },
      get options() { const record = element(this); return dom.liveCollection(record, 'options', () => optionsOf(record)); },
      get selectedOptions() { const record = element(this); return dom.liveCollection(record, 'selected', () => selectedOptions(record)); },
      get length() { return optionsOf(element(this)).length; },
      item(index) { return dom.wrap(optionsOf(element(this))[convert.unsignedLong(index)] ?? null); },
      add(option) {
        const record = element(this), added = element(option);
        dom.ensureInsertable(record, added, null);
        dom.insert(record, added);
      },
      get selectedIndex() { const record = element(this), chosen = selectedOptions(record); return chosen.length === 0 ? -1 : indexOf(optionsOf(record), chosen[0]); },
      set selectedIndex(index) { const record = element(this); choose(record, optionsOf(record)[convert.long(index)] ?? null); },
      get value() { return dom.valueOf(element(this)); },
      set value(value) { dom.setValue(element(this), convert.DOMString(value)); },
      get labels() { return labelsOf(element(this)); },
    }),
  }));
  dom.defineElement('HTMLOptionElement', ['option'], () => ({
    attributes: { disabled: 'flag', defaultSelected: ['flag', 'selected'] },
    prototype: withOwner({
      get value() { return optionValue(element(this)); },
      set value(value) { setAttribute(element(this), 'value', convert.DOMString(value)); },
      get text() { return optionText(element(this)); },
      set text(value) { dom.replaceAll(element(this), dom.newText(element(this).document, convert.DOMString(value))); },
      get label() { const record = element(this); return attribute(record, 'label') ?? optionText(record); },
      set label(value) { setAttribute(element(this), 'label', convert.DOMString(value)); },
      get selected() { return dom.isSelected(element(this)); },
      set selected(value) { setOption(element(this), !!value); },
      get index() { const record = element(this), select = dom.closest(record, 'select'); return select === null ? 0 : indexOf(optionsOf(select), record); },
    }),
  }));
  dom.defineElement('HTMLOptGroupElement', ['optgroup'], () => ({ attributes: { disabled: 'flag', label: 'text' } }));
  dom.defineElement('HTMLFieldSetElement', ['fieldset'], () => ({ attributes: { disabled: 'flag', name: 'text' }, prototype: withOwner({}) }));
  dom.defineElement('HTMLLegendElement', ['legend'], () => ({ prototype: withOwner({}) }));
  dom.defineElement('HTMLLabelElement', ['label'], () => ({
    attributes: { htmlFor: ['text', 'for'] },
    prototype: { get control() { return dom.wrap(dom.controlOfLabel(element(this))); }, get form() { const control = dom.controlOfLabel(element(this)); return control === null ? null : dom.wrap(dom.formOf(control)); } },
  }));
  dom.defineElement('HTMLOutputElement', ['output'], () => ({ attributes: { name: 'text' }, prototype: withOwner({}) }));
  dom.defineElement('HTMLDataListElement', ['datalist']);

  // --- Files. -------------------------------------------------------------------------------------------------------
  const filesOf = (object) => lib.state(object, 'FileList').list();
  const FileList = lib.defineAbstractInterface('FileList', {
    prototype: {
      get length() { return filesOf(this).length; },
      item(index) { return filesOf(this)[convert.unsignedLong(index)] ?? null; },
    },
  });
  defineProperty(FileList.prototype, lib.primordials.symbolIterator, { value: Array.prototype[lib.primordials.symbolIterator], writable: true, configurable: true });
  const makeFileList = (list) => {
    const files = lib.instantiate(FileList);
    const current = list();
    for (let index = 0; index < current.length; index++) defineProperty(files, index, { value: current[index], enumerable: true });
    lib.init(files, 'FileList', { __proto__: null, list });
    return files;
  };
  const fileList = (record) => {
    const files = record.files ?? [];
    return makeFileList(() => files);
  };
  // DataTransfer is the one way in which a script puts files into an input.
  function DataTransfer() {
    lib.requireNew(new.target, 'DataTransfer');
    const files = [];
    const items = lib.instantiate(DataTransferItemList);
    lib.init(items, 'DataTransferItemList', { __proto__: null, files });
    lib.init(this, 'DataTransfer', { __proto__: null, files, items });
  }
  const DataTransferItemList = lib.defineAbstractInterface('DataTransferItemList', {
    prototype: {
      get length() { return lib.state(this, 'DataTransferItemList').files.length; },
      add(file) { push(lib.state(this, 'DataTransferItemList').files, convert.interface(file, 'File', 'DataTransferItemList.add')); },
    },
  });
  lib.defineInterface(DataTransfer, {
    prototype: {
      get items() { return lib.state(this, 'DataTransfer').items; },
      get files() { const { files } = lib.state(this, 'DataTransfer'), now = lib.primordials.slice(files); return makeFileList(() => now); },
    },
  });
}
