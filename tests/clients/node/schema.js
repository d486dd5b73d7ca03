// What an answer must look like. A shape is
//   'num' | 'bool' | 'null'   a JSON number, boolean, null
//   'str', or a RegExp        a string, or one that matches
//   oneOf(…), nullable(shape) one of these strings; null or the shape
//   [shape]                   a list of such
//   { field: shape, … }       an object with just these fields
//   some({ … })               an object with some of these fields
//   mapOf(shape)              an object with any fields
//   either(shape, …)          one of these
'use strict';

class OneOf { constructor(words) { this.words = words; } }
class Nullable { constructor(shape) { this.shape = shape; } }
class Some { constructor(fields) { this.fields = fields; } }
class MapOf { constructor(shape) { this.shape = shape; } }
class Either { constructor(shapes) { this.shapes = shapes; } }

const oneOf = (...words) => new OneOf(words);
const nullable = (shape) => new Nullable(shape);
const some = (fields) => new Some(fields);
const mapOf = (shape) => new MapOf(shape);
const either = (...shapes) => new Either(shapes);

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const SCALARS = {
  str: (value) => typeof value === 'string',
  num: (value) => typeof value === 'number' && Number.isFinite(value),
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

// problems says where a value has not the shape: ["data.items[0].id: 5 is not str"].
function problems(shape, value, path = 'data') {
  const unless = (fits, what) => (fits ? [] : [`${path}: ${JSON.stringify(value)} is not ${what}`]);
  if (shape instanceof Either) return shapeFor(shape, (each) => problems(each, value, path))[1];
  if (shape instanceof Nullable) return value === null ? [] : problems(shape.shape, value, path);
  if (shape instanceof RegExp) return unless(typeof value === 'string' && shape.test(value), `a string like ${shape}`);
  if (shape instanceof OneOf) return unless(shape.words.includes(value), `one of ${shape.words}`);
  if (typeof shape === 'string') return unless(SCALARS[shape](value), shape);
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return unless(false, 'a list');
    return value.flatMap((item, i) => problems(shape[0], item, `${path}[${i}]`));
  }
  if (!isObject(value)) return unless(false, 'an object');
  if (shape instanceof MapOf) return Object.keys(value).flatMap((key) => problems(shape.shape, value[key], `${path}.${key}`));
  const fields = shape instanceof Some ? shape.fields : shape;
  const undeclared = Object.keys(value).filter((key) => !(key in fields)).map((key) => `${path}.${key} is not declared`);
  const missing = shape instanceof Some ? [] : Object.keys(fields).filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`);
  const known = Object.keys(fields).filter((key) => key in value);
  return [...undeclared, ...missing, ...known.flatMap((key) => problems(fields[key], value[key], `${path}.${key}`))];
}

// shapeFor finds the one of either's shapes that has the fewest problems, and these.
function shapeFor({ shapes }, problemsOf) {
  return shapes.map((shape) => [shape, problemsOf(shape)]).reduce((best, next) => (next[1].length < best[1].length ? next : best));
}

// fromXML reads an element as the JSON value of that shape that it should stand for. What
// it can't be read as is given as text, for problems to tell.
function fromXML(shape, element) {
  const { children, text } = element;
  if (shape instanceof Either) return fromXML(shapeFor(shape, (each) => problems(each, fromXML(each, element)))[0], element);
  if (shape instanceof Nullable) return children.length === 0 && text === '' ? null : fromXML(shape.shape, element);
  if (shape === 'null' && text === '') return null;
  if (shape === 'num' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (shape === 'bool' && /^[01]$/.test(text)) return text === '1';
  if (typeof shape === 'string' || shape instanceof RegExp || shape instanceof OneOf) {
    return children.length === 0 ? text : children.map((child) => child.name);
  }
  if (text !== '') return text;
  if (Array.isArray(shape)) {
    if (children.every(({ name }) => name === 'item')) return children.map((child) => fromXML(shape[0], child));
    return Object.fromEntries(children.map(({ name }) => [name, null]));
  }
  const fields = shape instanceof Some ? shape.fields : shape;
  const shapeOf = (name) => (shape instanceof MapOf ? shape.shape : fields[name] ?? 'str');
  return Object.fromEntries(children.map((child) => [child.name, fromXML(shapeOf(child.name), child)]));
}

module.exports = { oneOf, nullable, some, mapOf, either, problems, fromXML };
