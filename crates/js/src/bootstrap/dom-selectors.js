// Selectors: type, universal, #id, .class, [attribute] with its operators, combinators, lists and some pseudo-classes.
// What is not understood is a SyntaxError, as a selector that a browser does not understand is.

export default function (ops, lib, global) {
  const { push, stringSlice, stringIndexOf, indexOf, charCodeAt, DOMException } = lib.primordials;
  const { dom } = lib;
  const starts = (text, part) => stringSlice(text, 0, part.length) === part;
  const ends = (text, part) => part.length <= text.length && stringSlice(text, text.length - part.length) === part;

  // A selector list is a list of complex selectors; one of those is a list of { combinator, tests }, from left to right.
  // A test is a function of an element and the scope.
  const parse = (text) => {
    // How specific the complex selector is that is being read: ids, classes and their like, types.
    const ID = 1e6, CLASS = 1e3, TYPE = 1;
    let at = 0, weight = 0;
    const fail = (why) => { throw new DOMException(`'${text}' is not a valid selector: ${why}`, 'SyntaxError'); };
    const isName = (character) => {
      if (character === undefined) return false;
      const code = charCodeAt(character, 0);
      return (code >= 0x61 && code <= 0x7A) || (code >= 0x41 && code <= 0x5A) || (code >= 0x30 && code <= 0x39) || code === 0x2D || code === 0x5F || code >= 0x80;
    };
    const isDigit = (character) => character !== undefined && character >= '0' && character <= '9';
    const skip = () => {
      const from = at;
      while (at < text.length && dom.isSpace(charCodeAt(text, at))) at++;
      return at > from;
    };
    const escaped = () => {
      // Behind a backslash: up to six hexadecimal digits and a space, or any character.
      let digits = '';
      while (digits.length < 6 && at < text.length && stringIndexOf('0123456789abcdefABCDEF', text[at]) >= 0) digits += text[at++];
      if (digits === '') return at < text.length ? text[at++] : fail('it ends in a backslash');
      if (at < text.length && dom.isSpace(charCodeAt(text, at))) at++;
      const code = +`0x${digits}`;
      return code === 0 || code > 0x10FFFF ? '\uFFFD' : fromCodePoint(code);
    };
    const name = (what) => {
      let result = '';
      if (isDigit(text[at])) fail(`${what} begins with a digit`);
      while (at < text.length) {
        if (isName(text[at])) result += text[at++];
        else if (text[at] === '\\') { at++; result += escaped(); } else break;
      }
      return result === '' ? fail(`${what} is missing`) : result;
    };
    const string = () => {
      const quote = text[at++];
      let result = '';
      for (;;) {
        if (at >= text.length) fail('a string has no end');
        const character = text[at++];
        if (character === quote) return result;
        result += character === '\\' ? escaped() : character;
      }
    };
    const expect = (character) => (text[at] === character ? at++ : fail(`${character} is missing`));

    const attributeTest = () => {
      skip();
      const key = dom.lower(name('an attribute name'));
      skip();
      let operator = '';
      while (text[at] !== undefined && stringIndexOf('~|^$*=', text[at]) >= 0) operator += text[at++];
      if (operator === '') {
        expect(']');
        return (element) => dom.hasAttribute(element, key);
      }
      skip();
      let value = text[at] === '"' || text[at] === "'" ? string() : name('an attribute value');
      skip();
      let fold = false;
      if (text[at] === 'i' || text[at] === 'I') { fold = true; at++; skip(); } else if (text[at] === 's' || text[at] === 'S') { at++; skip(); }
      expect(']');
      if (fold) value = dom.lower(value);
      const compare = {
        __proto__: null,
        '=': (actual) => actual === value,
        '~=': (actual) => value !== '' && indexOf(dom.tokens(actual), value) >= 0,
        '|=': (actual) => actual === value || starts(actual, `${value}-`),
        '^=': (actual) => value !== '' && starts(actual, value),
        '$=': (actual) => value !== '' && ends(actual, value),
        '*=': (actual) => value !== '' && stringIndexOf(actual, value) >= 0,
      }[operator];
      if (compare === undefined) fail(`${operator} is no operator`);
      return (element) => {
        const actual = dom.attribute(element, key);
        return actual !== null && compare(fold ? dom.lower(actual) : actual);
      };
    };

    const sibling = (element, direction, sameType) => {
      for (let at = element[direction]; at !== null; at = at[direction]) {
        if (at.type === dom.ELEMENT && (!sameType || at.local === element.local)) return at;
      }
      return null;
    };
    const nth = (sameType) => {
      skip();
      let expression = '';
      while (at < text.length && text[at] !== ')') expression += text[at++];
      expect(')');
      expression = dom.lower(lib.primordials.join(lib.primordials.stringSplit(dom.strip(expression), ' '), ''));
      let step, offset;
      if (expression === 'odd') { step = 2; offset = 1; } else if (expression === 'even') { step = 2; offset = 0; } else {
        const n = stringIndexOf(expression, 'n');
        const number = (part) => (part === '' || part === '+' ? 1 : part === '-' ? -1 : +part);
        step = n < 0 ? 0 : number(stringSlice(expression, 0, n));
        const rest = n < 0 ? expression : stringSlice(expression, n + 1);
        offset = rest === '' ? (n < 0 ? NaN : 0) : +rest;
      }
      if (step !== step || offset !== offset) fail(`${expression} is not a position`);
      return (element) => {
        let position = 1;
        for (let at = sibling(element, 'previous', sameType); at !== null; at = sibling(at, 'previous', sameType)) position++;
        const rest = position - offset;
        return step === 0 ? rest === 0 : rest % step === 0 && rest / step >= 0;
      };
    };
    const pseudo = {
      __proto__: null,
      'first-child': () => (element) => sibling(element, 'previous', false) === null,
      'last-child': () => (element) => sibling(element, 'next', false) === null,
      'only-child': () => (element) => sibling(element, 'previous', false) === null && sibling(element, 'next', false) === null,
      'first-of-type': () => (element) => sibling(element, 'previous', true) === null,
      'last-of-type': () => (element) => sibling(element, 'next', true) === null,
      root: () => (element) => element.parent !== null && element.parent.type === dom.DOCUMENT,
      scope: () => (element, scope) => (scope.type === dom.ELEMENT ? element === scope : element.parent !== null && element.parent.type === dom.DOCUMENT),
      empty: () => (element) => {
        for (let child = element.first; child !== null; child = child.next) if (child.type !== dom.COMMENT) return false;
        return true;
      },
      checked: () => (element) => (dom.is(element, 'input') && dom.isChecked(element)) || (dom.is(element, 'option') && dom.isSelected(element)),
      disabled: () => (element) => dom.isDisabled(element),
      enabled: () => (element) => dom.isControl(element) && !dom.isDisabled(element),
      required: () => (element) => dom.isControl(element) && dom.hasAttribute(element, 'required'),
    };
    const functions = {
      __proto__: null,
      not: () => {
        const list = selectorList(true);
        weight += heaviest(list);
        return (element, scope) => !matchesList(element, list, scope);
      },
      is: () => {
        const list = selectorList(true);
        weight += heaviest(list);
        return (element, scope) => matchesList(element, list, scope);
      },
      where: () => {
        const list = selectorList(true);
        return (element, scope) => matchesList(element, list, scope);
      },
      'nth-child': () => { weight += CLASS; return nth(false); },
      'nth-of-type': () => { weight += CLASS; return nth(true); },
    };
    const heaviest = (list) => {
      let most = 0;
      for (let index = 0; index < list.length; index++) if (list[index].weight > most) most = list[index].weight;
      return most;
    };

    const compound = () => {
      const tests = [];
      if (text[at] === '*') at++;
      else if (isName(text[at]) || text[at] === '\\') {
        const local = name('a type');
        const lowered = dom.lower(local);
        weight += TYPE;
        push(tests, (element) => element.local === (element.html ? lowered : local));
      } else if (text[at] === undefined || stringIndexOf('#.[:', text[at]) < 0) fail(text[at] === undefined ? 'something is missing at its end' : `'${text[at]}' is not expected`);
      for (;;) {
        const character = text[at];
        if (character === '#') {
          at++;
          const id = name('an id');
          weight += ID;
          push(tests, (element) => dom.attribute(element, 'id') === id);
        } else if (character === '.') {
          at++;
          const token = name('a class');
          weight += CLASS;
          push(tests, (element) => {
            const value = dom.attribute(element, 'class');
            return value !== null && indexOf(dom.tokens(value), token) >= 0;
          });
        } else if (character === '[') {
          at++;
          weight += CLASS;
          push(tests, attributeTest());
        } else if (character === ':') {
          at++;
          const key = dom.lower(name('a pseudo-class'));
          const called = text[at] === '(';
          const make = called ? functions[key] : pseudo[key];
          if (make === undefined) fail(`:${key}${called ? '()' : ''} is not known here`);
          if (called) at++;
          else weight += CLASS;
          push(tests, make());
        } else return tests;
      }
    };
    const complex = () => {
      const parts = [], around = weight;
      let combinator = ' ';
      weight = 0;
      skip();
      for (;;) {
        push(parts, { __proto__: null, combinator, tests: compound() });
        const spaced = skip();
        const character = text[at];
        if (character === '>' || character === '+' || character === '~') {
          combinator = character;
          at++;
          skip();
        } else if (spaced && character !== undefined && character !== ',' && character !== ')') combinator = ' ';
        else {
          parts.weight = weight;
          weight = around;
          return parts;
        }
      }
    };
    const selectorList = (nested) => {
      const list = [];
      for (;;) {
        push(list, complex());
        if (text[at] !== ',') break;
        at++;
      }
      if (nested) expect(')');
      else if (at < text.length) fail(`'${text[at]}' is not expected`);
      return list;
    };
    return selectorList(false);
  };
  const { fromCodePoint } = String;

  const matchesTests = (element, tests, scope) => {
    for (let index = 0; index < tests.length; index++) if (!tests[index](element, scope)) return false;
    return true;
  };
  const parentElement = (element) => (element.parent !== null && element.parent.type === dom.ELEMENT ? element.parent : null);
  const previousElement = (element) => {
    for (let at = element.previous; at !== null; at = at.previous) if (at.type === dom.ELEMENT) return at;
    return null;
  };
  // Whether the parts up to `index` match, the last of them at `element`.
  const matchesParts = (element, parts, index, scope) => {
    if (!matchesTests(element, parts[index].tests, scope)) return false;
    if (index === 0) return true;
    const { combinator } = parts[index];
    const next = combinator === ' ' || combinator === '>' ? parentElement : previousElement;
    const once = combinator === '>' || combinator === '+';
    for (let at = next(element); at !== null; at = next(at)) {
      if (matchesParts(at, parts, index - 1, scope)) return true;
      if (once) return false;
    }
    return false;
  };
  const matchesList = (element, list, scope) => {
    for (let index = 0; index < list.length; index++) {
      if (matchesParts(element, list[index], list[index].length - 1, scope)) return true;
    }
    return false;
  };

  // The specificity of the most specific selector of a parsed list that matches, or -1.
  dom.specificity = (element, list) => {
    let most = -1;
    for (let index = 0; index < list.length; index++) {
      if (list[index].weight > most && matchesParts(element, list[index], list[index].length - 1, element)) most = list[index].weight;
    }
    return most;
  };
  dom.parseSelector = parse;
  dom.matches = (element, text, scope = element) => matchesList(element, parse(text), scope);
  dom.query = (root, text) => {
    const list = parse(text);
    return dom.find(root, (element) => matchesList(element, list, root));
  };
  dom.queryAll = (root, text) => {
    const list = parse(text);
    return dom.findAll(root, (element) => matchesList(element, list, root));
  };
}
