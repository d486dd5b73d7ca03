// A reader of the API's XML: elements, attributes and text, which is all that it writes.
'use strict';

const TOKEN = /<\?[^>]*\?>|<(\/?)([^\s>]+)([^>]*)>|([^<]+)/g;
const NAMED = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const decode = (text) => text.replace(/&(#x?)?(\w+);/g, (whole, number, name) => {
  if (!number) return NAMED[name] ?? whole;
  return String.fromCodePoint(parseInt(name, number === '#x' ? 16 : 10));
});

// parse gives the root element: { name, children, text }. An element that stands for a
// key that is no XML name has that key for its name.
function parse(source) {
  const document = { name: '', children: [], text: '' };
  const open = [document];
  for (const [token, closes, name, attributes, text] of source.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (text !== undefined) {
      inner.text += decode(text);
    } else if (closes) {
      if (inner.tag !== name) throw new Error(`</${name}> ends <${inner.tag}> in ${source}`);
      open.pop();
    } else if (name) {
      const key = /^ key="([^"]*)"$/.exec(attributes);
      const element = { tag: name, name: key ? decode(key[1]) : name, children: [], text: '' };
      inner.children.push(element);
      open.push(element);
    } else if (!token.startsWith('<?')) {
      throw new Error(`${token} in ${source}`);
    }
  }
  if (open.length !== 1 || document.children.length !== 1) throw new Error(`no single root in ${source}`);
  return document.children[0];
}

module.exports = { parse };
