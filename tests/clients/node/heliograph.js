// Calls of a running Heliograph server, made in three ways that differ in the client, in
// the form of request and in that of the answer. Each answer is held against shapes.js.
//   HELIOGRAPH_URL=http://127.0.0.1:8080 HELIOGRAPH_KEY=… npm test
// The account of the key must have much money, a price for Kazakhstan and a sender; the
// carrier must deliver what ends in 20 and more, and refuse what ends in 02.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const mobizon = require('mobizon');
const { mobizon: mobizonNode } = require('mobizon-node');
const { mobizonService } = require('mobizon-node/dist/services/mobizon'); // what all its methods call
const { fromXML, problems } = require('./schema');
const { ANSWERS, shapeOf } = require('./shapes');
const xml = require('./xml');

const { HELIOGRAPH_URL, HELIOGRAPH_KEY } = process.env;
const PATIENCE_MS = 20_000;

before(() => {
  assert.ok(HELIOGRAPH_URL && HELIOGRAPH_KEY, 'HELIOGRAPH_URL and HELIOGRAPH_KEY must be set');
  mobizonNode.setConfig({ apiServer: HELIOGRAPH_URL, apiKey: HELIOGRAPH_KEY, format: 'json' });
});

const urlOf = (method, output) => `${HELIOGRAPH_URL}/service/${method}?${new URLSearchParams({ output, apiKey: HELIOGRAPH_KEY })}`;

// WAYS give the envelope; shape says what to read XML as, by the code.
const WAYS = {
  // mobizon: GET, everything in the query. It keeps the message of code 0 to itself.
  mobizon: (method, params) => new Promise((resolve) => {
    const [module, name] = method.split('/');
    mobizon(HELIOGRAPH_KEY)[module][name]({ ...params, testBaseUrl: `${HELIOGRAPH_URL}/service/` }, (error, data) => {
      resolve(error ? { data: null, ...error } : { code: 0, data, message: '' });
    });
  }),

  // mobizon-node: POST, a form.
  'mobizon-node': async (method, params) => {
    const [module, name] = method.split('/');
    const envelope = await mobizonService({ module, method: name, postParams: params });
    assert.deepEqual(Object.keys(envelope), ['code', 'data', 'message']);
    return envelope;
  },

  // fetch: POST, JSON; the answer in XML.
  xml: async (method, params, shape) => {
    const response = await fetch(urlOf(method, 'xml'), {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(params),
    });
    assert.equal(response.headers.get('content-type'), 'application/xml; charset=utf-8');
    const root = xml.parse(await response.text());
    assert.equal(root.name, 'response');
    assert.deepEqual(root.children.map(({ name }) => name), ['code', 'data', 'message']);
    const [code, data, message] = root.children;
    return { code: Number(code.text), data: fromXML(shape(Number(code.text)), data), message: message.text };
  },
};

const called = new Set(); // "way method", answered with code 0

// conclude holds an envelope against the contract and gives its data.
function conclude(way, method, { code, data, message }, want, shape) {
  const about = `${method} by ${way}: code ${code} ${message} ${JSON.stringify(data)}`;
  assert.equal(code, want, about);
  assert.equal(message === '', code === 0, about);
  assert.deepEqual(problems(shape(code), data), [], about);
  if (code === 0) called.add(`${way} ${method}`);
  return data;
}

// everyWay declares a test for each way; its body gets call(method, params, { code, shape })
// and the way's name. A call that is not answered with the code fails.
function everyWay(title, body) {
  for (const way of Object.keys(WAYS)) {
    const call = async (method, params = {}, { code = 0, shape = undefined } = {}) => {
      const shapeFor = (got) => (got === 0 && shape ? shape : shapeOf(method, got));
      return conclude(way, method, await WAYS[way](method, params, shapeFor), code, shapeFor);
    };
    test(`${title}, by ${way}`, () => body(call, way));
  }
}

// callsAll declares a test: those before it had code 0 of all methods of the modules, every way.
function callsAll(...modules) {
  test(`every method of ${modules.join(' and ')} was called every way`, () => {
    const methods = Object.keys(ANSWERS).filter((method) => modules.includes(method.split('/')[0]));
    const missing = Object.keys(WAYS).flatMap((way) => methods.map((method) => `${way} ${method}`)).filter((each) => !called.has(each));
    assert.deepEqual(missing, []);
  });
}

// upload makes a call with files, as multipart/form-data. fields are bracket keys.
async function upload(method, fields, files, { code = 0 } = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, { bytes, file }] of Object.entries(files)) form.append(name, new Blob([bytes]), file);
  const response = await fetch(urlOf(method, 'json'), { method: 'POST', body: form });
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
  return conclude('upload', method, await response.json(), code, (got) => shapeOf(method, got));
}

// download fetches what is answered as a file.
async function download(method, params) {
  const response = await fetch(urlOf(method, 'json'), { method: 'POST', body: new URLSearchParams(params) });
  return { type: response.headers.get('content-type'), disposition: response.headers.get('content-disposition'), text: await response.text() };
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// until asks again and again, as a program of a client would, until found says what it
// looked for, and gives that.
async function until(what, found, everyMs = 50) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const result = await found();
    if (result) return result;
    assert.ok(Date.now() < deadline, `it never came: ${what}`);
    await pause(everyMs);
  }
}

// taskDone waits for a task. Its status may be asked for once a second.
async function taskDone(call, id) {
  const { progress, status } = await until(`task ${id}`, async () => {
    const state = await call('taskQueue/getStatus', { id });
    return state.status >= 2 ? state : null;
  }, 1_010);
  assert.deepEqual({ progress, status }, { progress: 100, status: 2 });
}

module.exports = { everyWay, callsAll, upload, download, until, taskDone, mobizonNode };
