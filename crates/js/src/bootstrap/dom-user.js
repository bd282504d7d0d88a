// What a person does on a page and sees of it.

export default function (ops, lib, global) {
  const { push, indexOf, join } = lib.primordials;
  const { dom } = lib;
  const { is, attribute } = dom;

  // --- What a person sees. ------------------------------------------------------------------------------------------
  const unseen = dom.setOf('head script style template noscript title datalist iframe frame object embed audio video canvas meta link base');
  const blocks = dom.setOf(`address article aside blockquote body dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul`);
  // MODEL: of style sheets only an element's own `display: none` counts.
  const isNotDisplayed = (record) => {
    const style = attribute(record, 'style');
    return style !== null && dom.includes(join(dom.words(dom.lower(style)), ''), 'display:none');
  };
  const isUnseen = (record) => record.html && (isNotDisplayed(record) || unseen[record.local] === true || dom.hasAttribute(record, 'hidden') ||
    (record.local === 'input' && dom.typeOf(record) === 'hidden'));
  // The text under a record, a block a line. With `fields`, what fields hold too.
  const textOf = (root, fields) => {
    const lines = [];
    let line = '', inPre = dom.closest(root, 'pre') === null || is(root, 'pre') ? 0 : 1;
    const end = () => {
      const words = dom.words(line);
      if (words.length > 0) push(lines, join(words, ' '));
      line = '';
    };
    const isBlock = (record) => record.type === dom.ELEMENT && record.html && blocks[record.local] === true;
    // The record's own text; says whether its children are to be looked at.
    const enter = (record) => {
      if (record.type === dom.TEXT) {
        if (inPre > 0) {
          const parts = lib.primordials.stringSplit(record.data, '\n');
          for (let index = 0; index < parts.length; index++) {
            if (index > 0) end();
            line += parts[index];
          }
        } else line += record.data;
        return false;
      }
      if (record.type !== dom.ELEMENT) return record.type === dom.DOCUMENT || record.type === dom.FRAGMENT;
      if (isUnseen(record)) return false;
      if (is(record, 'pre')) inPre++;
      if (isBlock(record)) end();
      if (is(record, 'br')) end();
      if (is(record, 'td') || is(record, 'th')) line += ' ';
      if (is(record, 'select')) {
        if (fields) line += ` ${fieldText(record)} `;
        return false;
      }
      if (fields && (is(record, 'input') || is(record, 'textarea'))) {
        line += ` ${fieldText(record)} `;
        return false;
      }
      return !is(record, 'textarea') || !fields;
    };
    const leave = (record) => {
      if (is(record, 'pre') && !isUnseen(record)) inPre--;
      if (isBlock(record)) end();
      if (is(record, 'button')) line += ' ';
    };
    let record = root;
    for (;;) {
      if (enter(record) && record.first !== null) {
        record = record.first;
        continue;
      }
      for (;;) {
        leave(record);
        if (record === root || record.next !== null) break;
        record = record.parent;
      }
      if (record === root) break;
      record = record.next;
    }
    end();
    return join(lines, '\n');
  };
  const fieldText = (record) => {
    if (is(record, 'select')) {
      const texts = [];
      const options = dom.findAll(record, (option) => is(option, 'option') && dom.isSelected(option));
      for (let index = 0; index < options.length; index++) push(texts, dom.optionText(options[index]));
      return join(texts, ' ');
    }
    const type = dom.typeOf(record);
    if (type === 'checkbox' || type === 'radio' || type === 'file' || type === 'image') return '';
    const value = lib.primordials.toText(dom.valueOf(record));
    if (type === 'submit') return value === '' ? 'Submit' : value;
    return type === 'password' ? lib.primordials.join(bullets(value.length), '') : value;
  };
  const bullets = (count) => {
    const list = [];
    for (let index = 0; index < count; index++) push(list, '•');
    return list;
  };
  dom.visibleText = (record) => textOf(record, false);
  lib.entries.visibleText = () => lib.convert.USVString(textOf(dom.bodyOf(dom.document) ?? dom.document, true));

  // --- What a person does. ------------------------------------------------------------------------------------------
  const actionable = (record) => record.html && (indexOf(['button', 'input', 'textarea', 'select', 'form'], record.local) >= 0 ||
    (record.local === 'a' && dom.hasAttribute(record, 'href')));
  const shortTag = (record) => {
    let tag = record.local;
    const id = attribute(record, 'id'), name = attribute(record, 'name'), type = attribute(record, 'type');
    if (id !== null) tag += `#${id}`;
    if (name !== null) tag += `[name="${name}"]`;
    else if (id === null && type !== null) tag += `[type="${type}"]`;
    else if (id === null && is(record, 'a')) tag += `[href="${attribute(record, 'href')}"]`;
    else if (id === null && is(record, 'form')) tag += `[action="${attribute(record, 'action') ?? ''}"]`;
    return tag;
  };
  const MOST_NAMED = 12;
  const whatIsThere = (test) => {
    const list = dom.findAll(dom.document, (record) => actionable(record) && test(record));
    const there = [];
    for (let index = 0; index < list.length && index < MOST_NAMED; index++) push(there, lib.convert.USVString(shortTag(list[index])));
    if (list.length > MOST_NAMED) push(there, `${list.length - MOST_NAMED} more`);
    return there;
  };
  const typed = dom.setOf('text search tel url email password date month week time datetime-local number range color textarea');
  const fill = (record, value) => {
    if (is(record, 'select')) {
      const option = dom.find(record, (at) => is(at, 'option') && (dom.valueOf(at) === value || dom.optionText(at) === value));
      if (option === null) return `which has no option "${value}"`;
      dom.setValue(record, dom.valueOf(option));
    } else {
      const type = dom.typeOf(record);
      if (type === 'checkbox' || type === 'radio') {
        const wanted = value !== '' && value !== 'off' && value !== 'false';
        if (dom.isChecked(record) !== wanted) dom.dispatchClick(record, true);
        return undefined;
      }
      if (typed[type] !== true || !dom.isControl(record)) return 'which nobody can type into';
      if (dom.isDisabled(record)) return 'which is disabled';
      if (dom.hasAttribute(record, 'readonly')) return 'which is read-only';
      dom.setValue(record, value);
    }
    dom.changedByUser(record);
    return undefined;
  };
  const refusal = (record, reason) => ({ __proto__: null, element: lib.convert.USVString(dom.startTag(record)), reason });
  const actions = {
    __proto__: null,
    click(record) {
      if (dom.isDisabled(record)) return refusal(record, 'which is disabled');
      dom.dispatchClick(record, true);
      return null;
    },
    type(record, values) {
      const reason = fill(record, values[1]);
      return reason === undefined ? null : refusal(record, reason);
    },
    submit(form, values) {
      if (!is(form, 'form')) return refusal(form, 'which is no form');
      for (let index = 0; index < values.length; index += 2) {
        const control = dom.namedControl(form, values[index]);
        if (control === null) {
          const list = dom.controlsOf(form), names = [];
          for (let at = 0; at < list.length; at++) push(names, shortTag(list[at]));
          return refusal(form, `which has no field "${values[index]}", but ${names.length === 0 ? 'none at all' : join(names, ', ')}`);
        }
        const group = dom.typeOf(control) === 'radio'
          ? dom.find(dom.root(form), (at) => is(at, 'input') && dom.formOf(at) === form && attribute(at, 'name') === values[index] && attribute(at, 'value') === values[index + 1])
          : control;
        const reason = fill(group ?? control, values[index + 1]);
        if (reason !== undefined) return refusal(control, reason);
      }
      const list = dom.controlsOf(form);
      for (let index = 0; index < list.length; index++) {
        if (dom.isSubmitButton(list[index]) && !dom.isDisabled(list[index])) {
          dom.dispatchClick(list[index], true);
          return null;
        }
      }
      dom.submit(form, null);
      return null;
    },
  };
  const wanted = {
    __proto__: null,
    click: () => true,
    type: (record) => dom.isControl(record) && typed[dom.typeOf(record)] === true,
    submit: (record) => is(record, 'form'),
  };
  // null when it is done; otherwise { selector } (what is wrong with it), { there } or { element, reason }.
  lib.entries.userAction = (action, selector, values) => {
    let record;
    try {
      record = dom.query(dom.document, selector);
    } catch (error) {
      return { __proto__: null, selector: lib.convert.USVString(error.message) };
    }
    if (record === null) return { __proto__: null, there: whatIsThere(wanted[action]) };
    dom.activateUser();
    return actions[action](record, values);
  };
}
