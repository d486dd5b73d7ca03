// The judge is judged: what is not the shape is seen, in JSON and in XML.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { oneOf, nullable, some, mapOf, either, problems, fromXML } = require('./schema');
const xml = require('./xml');

const SHAPE = {
  id: /^\d+$/, text: 'str', count: 'num', on: 'bool', none: 'null', word: oneOf('A', 'B'), maybe: nullable(/^\d+$/),
  list: [{ id: 'str' }], fields: some({ a: 'str', b: 'str' }), any: mapOf(['str']), kind: either({ n: 'str' }, { c: 'str' }),
};
const RIGHT = {
  id: '5', text: ' <&>"é€ \n', count: -1.5, on: true, none: null, word: 'A', maybe: null,
  list: [{ id: '1' }, { id: '' }], fields: { b: '' }, any: { 'a b': ['x', 'y'] }, kind: { c: '1' },
};

test('the right value has no problems', () => {
  assert.deepEqual(problems(SHAPE, RIGHT), []);
  assert.deepEqual(problems(SHAPE, { ...RIGHT, maybe: '5', list: [], fields: {}, any: {}, on: false }), []);
});

test('any other value has a problem', () => {
  for (const change of [
    { id: 5 }, { id: 'x' }, { text: null }, { text: 5 }, { count: '1' }, { count: NaN }, { on: '1' }, { on: 1 }, { none: '' },
    { word: 'C' }, { maybe: '' }, { maybe: 0 },
    { list: {} }, { list: null }, { list: [{}] }, { list: [{ id: '1', more: '' }] }, { fields: { c: '' } }, { fields: { a: 1 } }, { fields: [] },
    { any: { a: 'x' } }, { any: null }, { kind: { n: '1', c: '1' } }, { kind: {} }, { more: '' }, { id: undefined },
  ]) assert.notDeepEqual(problems(SHAPE, { ...RIGHT, ...change }), [], JSON.stringify(change));
  for (const field of Object.keys(RIGHT)) {
    const { [field]: _, ...without } = RIGHT;
    assert.deepEqual(problems(SHAPE, without), [`data.${field} is missing`]);
  }
});

test('XML is read as what it stands for', () => {
  const source = '<?xml version="1.0" encoding="UTF-8"?><data><id>5</id><text> &lt;&amp;&gt;&#34;é€ &#xA;</text>'
    + '<count>-1.5</count><on>1</on><none></none><word>A</word><maybe></maybe>'
    + '<list><item><id>1</id></item><item><id></id></item></list><fields><b></b></fields>'
    + '<any><item key="a b"><item>x</item><item>y</item></item></any><kind><c>1</c></kind></data>';
  assert.deepEqual(fromXML(SHAPE, xml.parse(source)), RIGHT);
});

test('XML that is not the shape is not read as if it were', () => {
  for (const [shape, inner] of [
    ['num', ''], ['num', 'x'], ['bool', 'true'], ['null', '0'], ['str', '<a></a>'], [['str'], '<a></a>'], [['str'], 'x'],
    [{ a: 'str' }, ''], [{ a: 'str' }, '<b></b>'],
    [{ a: 'str' }, '<a></a><b></b>'], [{ a: 'num' }, '<a>x</a>'], [nullable('num'), 'x'],
  ]) assert.notDeepEqual(problems(shape, fromXML(shape, xml.parse(`<data>${inner}</data>`))), [], inner);
  for (const broken of ['<data>', '<data></date>', '<a></a><b></b>', 'x', '<data>&lt;']) assert.throws(() => xml.parse(broken), undefined, broken);
});
