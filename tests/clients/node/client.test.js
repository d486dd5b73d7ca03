// The npm client mobizon-node, as published, against a running Heliograph server:
//   HELIOGRAPH_URL=http://127.0.0.1:8080 HELIOGRAPH_KEY=… npm test
// The account of the key must have money, a price for Kazakhstan and a sender; the carrier must deliver what ends in 00.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { mobizon } = require('mobizon-node');

const { HELIOGRAPH_URL, HELIOGRAPH_KEY } = process.env;
const DELIVERED = '77010000000';
const PATIENCE_MS = 20_000;

const useKey = (apiKey) => mobizon.setConfig({ apiServer: HELIOGRAPH_URL, apiKey, format: 'json' });

const send = (text) => mobizon.sendSms({ recipient: DELIVERED, from: '', text });

// Asks until the message is final, as a program of a client would.
async function finalStatus(messageId) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { code, data } = await mobizon.getSms({ ids: [messageId] });
    assert.equal(code, 0);
    assert.equal(data.length, 1);
    assert.equal(data[0].id, messageId);
    if (!['NEW', 'ENQUEUD', 'ACCEPTD', 'PDLIVRD'].includes(data[0].status)) return data[0];
    assert.ok(Date.now() < deadline, `message ${messageId} is still ${data[0].status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

before(() => {
  assert.ok(HELIOGRAPH_URL && HELIOGRAPH_KEY, 'HELIOGRAPH_URL and HELIOGRAPH_KEY must be set');
  useKey(HELIOGRAPH_KEY);
});

test('the balance is money and a currency', async () => {
  const { code, data, message } = await mobizon.getBalance();

  assert.equal(code, 0);
  assert.equal(message, '');
  assert.match(data.balance, /^\d+\.\d{4}$/);
  assert.match(data.currency, /^[A-Z]{3}$/);
});

test('a message is sent, charged, delivered and listed', async () => {
  const before = await mobizon.getBalance();
  const text = `Your parcel ${process.pid} & more: 50% «да» €`;

  const sent = await send(text);
  assert.equal(sent.code, 0, sent.message);
  assert.equal(sent.message, '');
  assert.match(sent.data.messageId, /^\d+$/);
  assert.match(sent.data.campaignId, /^\d+$/);
  assert.equal(sent.data.status, 2);

  const report = await finalStatus(sent.data.messageId);
  assert.equal(report.status, 'DELIVRD');
  assert.equal(report.segNum, '1');
  assert.match(report.statusUpdateTs, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);

  const after = await mobizon.getBalance();
  assert.ok(Number(after.data.balance) < Number(before.data.balance), 'the message cost nothing');

  const list = await mobizon.listSms({ criteria: { id: sent.data.messageId } });
  assert.equal(list.code, 0);
  assert.equal(list.data.totalItemCount, '1');
  assert.equal(list.data.items[0].id, sent.data.messageId);
  assert.equal(list.data.items[0].to, DELIVERED);
  assert.equal(list.data.items[0].text, text);
  assert.equal(list.data.items[0].status, 'DELIVRD');
});

// The arguments are those of the client's own tests: an empty criterion, a page far past the end.
test('the list takes an empty criterion, a page and an order', async () => {
  const { code, data } = await mobizon.listSms({
    criteria: { from: '' },
    pagination: { currentPage: '2', pageSize: '50' },
    sort: { campaignId: 'ASC' },
  });

  assert.equal(code, 0);
  assert.ok(Array.isArray(data.items));
  assert.match(data.totalItemCount, /^\d+$/);
});

test('a call without its parameters is refused', async () => {
  const sent = await mobizon.sendSms({});
  assert.equal(sent.code, 11);
  assert.notEqual(sent.message, '');

  const asked = await mobizon.getSms({});
  assert.equal(asked.code, 2);
});

test('a bad key is refused, and the good one works again after it', async () => {
  useKey('invalid_key');
  assert.equal((await mobizon.getBalance()).code, 8);
  assert.equal((await send('never sent')).code, 8);

  useKey(HELIOGRAPH_KEY);
  const sent = await send('sent after all');
  assert.equal(sent.code, 0, sent.message);
  assert.equal((await finalStatus(sent.data.messageId)).status, 'DELIVRD');
});
