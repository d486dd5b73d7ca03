// Single messages and the account they are paid from; by mobizon-node's own methods too.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { everyWay, callsAll, until, mobizonNode } = require('./heliograph');

const { HELIOGRAPH_URL, HELIOGRAPH_KEY } = process.env;
const DELIVERED = '77010000020';
const FINAL = ['DELIVRD', 'UNDELIV', 'REJECTD', 'EXPIRED', 'DELETED'];

const final = (id, ask) => until(`message ${id} is final`, async () => {
  const [report] = await ask(id);
  assert.equal(report.id, id);
  return FINAL.includes(report.status) ? report : null;
});

everyWay('a message is previewed, sent, charged, delivered, listed and explained', async (call, way) => {
  const text = `Your parcel ${process.pid} by ${way} & more: 50% «да» €\n{x}[y]`;
  const preview = await call('message/preview', { recipient: `+${DELIVERED}`, text });
  assert.deepEqual([preview.recipient, preview.countryA2, preview.encoding, preview.segments], [DELIVERED, 'KZ', 'UCS-2', 1]);

  const sent = await call('message/sendSmsMessage', { recipient: `+7 (701) 000-00-20`, text, params: { name: 'A parcel', validity: 60, mclass: 1 } });
  assert.equal(sent.status, 2);
  assert.equal(sent.campaignId, sent.messageId);
  assert.equal((await call('user/getOwnBalance')).balance, preview.balanceAfter);
  const report = await final(sent.messageId, (id) => call('message/getSMSStatus', { ids: [id] }));
  assert.deepEqual([report.status, report.segNum], ['DELIVRD', '1']);

  const { items, totalItemCount } = await call('message/list', { criteria: { id: sent.messageId }, withNumberInfo: 1 });
  assert.equal(totalItemCount, '1');
  assert.deepEqual((({ to, text: of, status, countryA2 }) => [to, of, status, countryA2])(items[0]), [DELIVERED, text, 'DELIVRD', 'KZ']);
  assert.deepEqual((({ id, type, name, commonStatus }) => [id, type, name, commonStatus])(items[0].campaign), [sent.messageId, '1', 'A parcel', 'DONE']);
  assert.equal(items[0].segUserBuy, preview.segPrice);
  const { status, steps } = await call('message/explain', { id: sent.messageId });
  assert.deepEqual([status, steps[0].step], ['DELIVRD', 'accepted']);
});

everyWay('the same name in other letters is the same method', async (call) => {
  const upper = { shape: { campaignId: 'str', messageId: 'str', status: 'num' } };
  await call('Message/SendSMSMessage', { recipient: DELIVERED, text: 'Hello' }, upper);
  await call('USER/GETOWNBALANCE', {}, { shape: { balance: 'str', currency: 'str' } });
});

everyWay('messages are found by each criterion', async (call) => {
  const { messageId } = await call('message/sendSmsMessage', { recipient: DELIVERED, text: 'Looked for' });
  await final(messageId, (id) => call('message/getSMSStatus', { ids: id }));
  const found = async (criteria) => (await call('message/list', { criteria: { id: messageId, ...criteria } })).items.map(({ id }) => id);

  for (const criteria of [
    { ids: [messageId] }, { campaignIds: [messageId] }, { campaignId: messageId }, { from: '' }, { to: '0000020' }, { text: 'Looked for' },
    { status: 'DELIVRD' }, { campaignStatus: 'DONE' }, { campaignCreateTsFrom: '2020-01-01 00:00:00' }, { startSendTsFrom: '2020-01-01 00:00:00' },
    { campaignCreateDateFrom: '2020-01-01' },
  ]) assert.deepEqual(await found(criteria), [messageId], JSON.stringify(criteria));
  for (const criteria of [{ to: '5555' }, { text: 'Looked' }, { status: 'NEW' }, { status: 'NONSENSE' }, { statusUpdateTsTo: '2020-01-01 00:00:00' }]) {
    assert.deepEqual(await found(criteria), [], JSON.stringify(criteria));
  }
});

everyWay('what cannot be sent is told by its field', async (call) => {
  const wrong = async (params) => Object.keys(await call('message/sendSmsMessage', { recipient: DELIVERED, text: 'Hello', ...params }, { code: 1 }));

  assert.deepEqual(await wrong({ recipient: 'nobody' }), ['recipient']);
  assert.deepEqual(await wrong({ recipient: '99900000000' }), ['recipient']);
  assert.deepEqual(await wrong({ text: '' }), ['text']);
  assert.deepEqual(await wrong({ text: 'x'.repeat(1531) }), ['text']);
  await call('message/sendSmsMessage', {}, { code: 11 });
  await call('message/getSMSStatus', {}, { code: 2 });
  await call('message/explain', { id: '999999999' }, { code: 2 });
  await call('message/nonsense', {}, { code: 5 });
  await call('nonsense/get', {}, { code: 4 });
});

test("mobizon-node's own methods send a message and see it delivered", async () => {
  const before = await mobizonNode.getBalance();
  assert.equal(before.code, 0);
  const sent = await mobizonNode.sendSms({ recipient: DELIVERED, from: '', text: 'By its own methods' });
  assert.equal(sent.code, 0, sent.message);
  const { messageId } = sent.data;
  const report = await final(messageId, async (id) => (await mobizonNode.getSms({ ids: [id] })).data);
  assert.equal(report.status, 'DELIVRD');
  assert.ok(Number((await mobizonNode.getBalance()).data.balance) < Number(before.data.balance), 'the message cost nothing');
  const list = await mobizonNode.listSms({
    criteria: { id: messageId, from: '' }, pagination: { currentPage: '0', pageSize: '50' }, sort: { campaignId: 'ASC' },
  });
  assert.deepEqual(list.data.items.map(({ id }) => id), [messageId]);
});

test('a bad key is refused, and the good one works again after it', async () => {
  const useKey = (apiKey) => mobizonNode.setConfig({ apiServer: HELIOGRAPH_URL, apiKey, format: 'json' });
  useKey('invalid_key');
  assert.equal((await mobizonNode.getBalance()).code, 8);
  assert.equal((await mobizonNode.sendSms({ recipient: DELIVERED, text: 'never sent' })).code, 8);
  useKey(HELIOGRAPH_KEY);
  assert.equal((await mobizonNode.getBalance()).code, 0);
});

callsAll('message', 'user');
