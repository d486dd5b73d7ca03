// Whole campaigns, from the draft to the last receipt.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { everyWay, callsAll, upload, download, until, taskDone } = require('./heliograph');

const ANN = '77010000020';
const BORIS = '77010000021';
const CLARA = '77012000022';
const REFUSED = '77010000002';
const NOWHERE = '99900000000';

// Far enough from both ends of what a deferral may be, whatever the zone.
const tomorrow = () => `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)} 12:00:00`;

const create = (call, data) => call('campaign/create', { data });
const info = (call, id, more = {}) => call('campaign/getInfo', { id, ...more });

const done = (call, id) => until(`campaign ${id} is DONE`, async () => {
  const got = await info(call, id);
  return got.commonStatus === 'DONE' ? got : null;
});

// counts are the counters of messages that are not 0.
const counts = ({ counters }) => Object.fromEntries(Object.entries(counters)
  .filter(([name, count]) => name.endsWith('MsgNum') && count !== '0')
  .map(([name, count]) => [name.slice('total'.length, -'MsgNum'.length) || 'all', Number(count)]));

const balance = async (call) => Number((await call('user/getOwnBalance')).balance);
const near = (a, b) => Math.abs(a - b) < 0.00005;

everyWay('one message to one recipient is previewed, sent and charged as previewed', async (call) => {
  const id = await create(call, { type: 1, text: 'Hello «Ann»', name: 'One', mclass: 1, validity: 60 });
  await call('campaign/addRecipients', { id, recipients: [ANN, BORIS] }, { code: 10 });
  const [item] = await call('campaign/addRecipients', { id, recipients: [`+${ANN}`] });
  assert.deepEqual([item.recipient, item.code, item.type, item.number], [ANN, 0, 'number', `+${ANN}`]);
  await call('campaign/addRecipients', { id, recipients: [BORIS] }, { code: 10 });

  const draft = await call('campaign/get', { id });
  assert.deepEqual([draft.commonStatus, draft.name, draft.validity, draft.sendStatus], ['NEW', 'One', '60', null]);
  const preview = await call('campaign/preview', { id });
  assert.deepEqual([preview.messages, preview.segments, preview.encoding, preview.forcedUcs2], [1, 1, 'UCS-2', ['«', '»']]);
  const before = await balance(call);
  assert.equal(await call('campaign/send', { id }), 2);
  assert.ok(near(before - await balance(call), Number(preview.total)), 'it is charged as previewed');

  const sent = await done(call, id);
  assert.deepEqual(counts(sent), { Delivrd: 1, all: 1 });
  assert.equal(sent.counters.totalCost, preview.total);
  assert.deepEqual([sent.sendStatus, sent.moderationStatus], ['DONE', 'AUTO_READY_FOR_SEND']);
  await call('campaign/send', { id }, { code: 10 });
  await call('campaign/delete', { id }, { code: 10 });

  const listed = await call('message/list', { criteria: { campaignIds: [id] }, withNumberInfo: 1 });
  assert.deepEqual(listed.items.map((m) => [m.id, m.to, m.countryA2, m.campaign.id]), [[item.messageId, ANN, 'KZ', id]]);
});

everyWay('each recipient is told what became of it', async (call) => {
  const id = await create(call, { text: 'The same for all' });
  const codes = async (params, code = 98) => (await call('campaign/addRecipients', { id, ...params }, { code })).map((r) => r.code);

  assert.deepEqual(await codes({ recipients: [ANN, ANN, 'nobody', '12', NOWHERE, REFUSED] }), [0, 4, 2, 3, 7, 0]);
  assert.deepEqual(await codes({ recipients: `${ANN}\n${BORIS}` }), [4, 0]);
  assert.deepEqual(await codes({ recipients: [ANN] }, 99), [4]);
  assert.deepEqual(await codes({ recipients: [CLARA], params: { replace: 1 } }, 0), [0]);
  assert.deepEqual(counts(await info(call, id)), { New: 1, all: 1 });
  assert.deepEqual(await codes({ recipientContacts: ['999999999'] }, 99), [30]);

  await call('campaign/addRecipients', { id }, { code: 12 });
  await call('campaign/addRecipients', { id, recipients: [ANN], recipientContacts: ['1'] }, { code: 12 });
  await call('campaign/addRecipients', { id, recipientGroups: ['999999999'] }, { code: 12 });
  await call('campaign/addRecipients', { recipients: [ANN] }, { code: 11 });
  await call('campaign/addRecipients', { id: '999999999', recipients: [ANN] }, { code: 2 });
  await call('campaign/delete', { id });
});

everyWay('contacts and groups get a template filled with what is on their cards', async (call, way) => {
  const group = await call('contactGroup/create', { data: { name: `Guests by ${way}` } });
  const invite = async (name, mobile) => {
    const card = await call('contactCard/create', { data: { name, ...(mobile && { mobile }) } });
    await call('contactCard/setGroups', { id: card, groupIds: [group] });
    return card;
  };
  const [ann, boris, nobody] = [await invite('Ann', ANN), await invite('Boris', BORIS), await invite('Nobody')];
  const id = await create(call, { type: 3, text: 'Dear {name}, come', name: `Party by ${way}` });

  const added = await call('campaign/addRecipients', { id, recipientContacts: [ann, nobody, `${boris}:fax`] }, { code: 98 });
  assert.deepEqual(added.map((r) => [r.contact, r.code]), [[ann, 0], [nobody, 31], [`${boris}:fax`, 32]]);
  await taskDone(call, await call('campaign/addRecipients', { id, recipientGroups: [group] }, { code: 100 }));

  const filled = await info(call, id);
  assert.deepEqual(counts(filled), { New: 2, all: 2 });
  assert.equal(filled.text, 'Dear Ann, come');
  assert.equal((await info(call, id, { getFilledTplCampaignText: 1 })).text, filled.text);
  assert.equal((await info(call, id, { getFilledTplCampaignText: 0 })).text, 'Dear {name}, come');
  assert.equal(filled.groups, group);
  assert.deepEqual(filled.groupsList, [{ id: group, name: `Guests by ${way}`, cardsCnt: '3' }]);

  const tried = await call('campaign/test', { id, recipient: CLARA });
  assert.equal(await call('campaign/send', { id }), 2);
  assert.deepEqual(counts(await done(call, id)), { Delivrd: 2, all: 2 });
  const { items } = await call('message/list', { criteria: { campaignIds: [id] }, sort: { to: 'ASC' } });
  assert.deepEqual(items.map((m) => [m.to, m.text, m.contactCardId]), [[ANN, 'Dear Ann, come', ann], [BORIS, 'Dear Boris, come', boris]]);
  assert.equal((await call('message/list', { criteria: { id: tried.messageId } })).items[0].text, 'Dear Ann, come');

  const { startSendTs } = await info(call, id);
  for (const criteria of [{ groups: [group] }, { status: 'DONE', type: 3, sentTsFrom: startSendTs }, { groups: group, recipient: BORIS }]) {
    const { items: listed } = await call('campaign/list', { criteria: { ids: [id, tried.campaignId], ...criteria } });
    assert.deepEqual(listed.map((c) => c.id), [id], JSON.stringify(criteria));
  }
});

everyWay('values stand for placeholders, and what is missing is handled as asked', async (call) => {
  const people = [{ recipient: ANN, name: 'Ann' }, { recipient: BORIS }];
  for (const [placeholdersFlag, codes, texts] of [
    [1, [0, 0], ['Hi Ann!', 'Hi {name}!']],
    [2, [0, 0], ['Hi Ann!', 'Hi !']],
    [3, [0, 20], ['Hi Ann!']],
  ]) {
    const id = await create(call, { type: 3, text: 'Hi {name}!' });
    const code = placeholdersFlag === 3 ? 98 : 0;
    const added = await call('campaign/addRecipients', { id, recipients: people, params: { placeholdersFlag } }, { code });
    assert.deepEqual(added.map((r) => r.code), codes);
    const { items } = await call('message/list', { criteria: { campaignIds: [id] }, sort: { to: 'ASC' } });
    assert.deepEqual(items.map((m) => m.text), texts);
    await call('campaign/delete', { id });
  }
});

everyWay('a deferred campaign is paused, resumed, deleted or cancelled, and paid back', async (call) => {
  const before = await balance(call);
  const deferred = async () => {
    const id = await create(call, { text: 'Tomorrow', deferredToTs: tomorrow(), rateLimit: 600, ratePeriod: 60 });
    await call('campaign/addRecipients', { id, recipients: [ANN, BORIS] });
    await call('campaign/pause', { id }, { code: 10 });
    assert.equal(await call('campaign/send', { id }), 2);
    return id;
  };

  const removed = await deferred();
  assert.deepEqual((({ deferredToTs, rateLimit, ratePeriod }) => [deferredToTs, rateLimit, ratePeriod])(await call('campaign/get', { id: removed })),
    [tomorrow(), '600', '60']);
  for (const status of ['DEFERRED', 'NOT_YET_SENT', 'AUTO_READY_FOR_SEND']) {
    assert.equal((await call('campaign/list', { criteria: { id: removed, status } })).totalItemCount, '1', status);
  }
  assert.equal(await call('campaign/pause', { id: removed }), true);
  await call('campaign/pause', { id: removed }, { code: 10 });
  assert.equal(await call('campaign/resume', { id: removed }), true);
  assert.equal(await call('campaign/delete', { id: removed }), true);
  for (const method of ['get', 'getInfo', 'preview', 'send', 'delete', 'pause', 'cancel']) {
    await call(`campaign/${method}`, { id: removed }, { code: 2 });
  }

  const ended = await deferred();
  assert.equal(await call('campaign/cancel', { id: ended }), true);
  assert.deepEqual(counts(await done(call, ended)), { Deleted: 2, all: 2 });
  await call('campaign/cancel', { id: ended }, { code: 10 });
  assert.ok(near(await balance(call), before), 'all is paid back');
});

everyWay('a running campaign is paused and goes on, and everybody gets it once', async (call) => {
  const id = await create(call, { text: 'Step by step', rateLimit: 180, ratePeriod: 60 });
  const recipients = Array.from({ length: 6 }, (_, i) => `770100000${20 + i}`);
  await call('campaign/addRecipients', { id, recipients });
  await call('campaign/send', { id });
  assert.equal(await call('campaign/pause', { id }), true);
  await call('campaign/delete', { id }, { code: 10 });
  await call('campaign/addRecipients', { id, recipients: ['77010000030'] }, { code: 10 });
  assert.notEqual((await call('campaign/get', { id })).commonStatus, 'DONE');
  assert.equal(await call('campaign/resume', { id }), true);
  await call('campaign/resume', { id }, { code: 10 });
  assert.deepEqual(counts(await done(call, id)), { Delivrd: 6, all: 6 });
  const { items } = await call('message/list', { criteria: { campaignIds: [id] }, sort: { to: 'ASC' } });
  assert.deepEqual(items.map((m) => m.to), recipients);
});

everyWay('what a campaign may not be is told field by field', async (call) => {
  const wrong = async (data) => Object.keys(await call('campaign/create', { data }, { code: 1 })).sort();
  const text = 'Hello';

  assert.deepEqual(await wrong({ name: 'No text' }), ['text']);
  assert.deepEqual(await wrong({ text, type: 7 }), ['type']);
  assert.deepEqual(await wrong({ text, name: 'x'.repeat(256) }), ['name']);
  assert.deepEqual(await wrong({ text: 'x'.repeat(1531) }), ['text']);
  assert.deepEqual(await wrong({ text, rateLimit: 6_001, ratePeriod: 60 }), ['rateLimit']);
  assert.deepEqual(await wrong({ text, ratePeriod: 61 }), ['ratePeriod']);
  assert.deepEqual(await wrong({ text, validity: 59, mclass: 2 }), ['mclass', 'validity']);
  assert.deepEqual(await wrong({ text, deferredToTs: '2020-01-01 00:00:00' }), ['deferredToTs']);
  assert.deepEqual(await wrong({ text, msgType: 'VOICE' }), ['msgType']);
  await call('campaign/create', {}, { code: 11 });
  await call('campaign/create', { data: 'Hello' }, { code: 12 });
  await call('campaign/get', { id: 'none' }, { code: 12 });
  await call('campaign/get', {}, { code: 11 });
});

everyWay('campaigns are found by every criterion and in every order', async (call, way) => {
  const name = `Listed by ${way}`;
  const id = await create(call, { text: `Found by ${way}`, name });
  await call('campaign/addRecipients', { id, recipients: [ANN, BORIS] });
  const found = async (criteria, more = {}) => {
    const page = await call('campaign/list', { criteria: { id, ...criteria }, ...more });
    return page.items.map((item) => item.id);
  };
  const draft = await call('campaign/get', { id });
  const day = draft.createTs.slice(0, 10);

  for (const criteria of [
    {}, { ids: [id, '999999999'] }, { recipient: '0000021' }, { from: draft.from }, { text: draft.text }, { status: 'NEW' }, { type: 2 },
    { createTsFrom: draft.createTs, createTsTo: draft.createTs }, { createDateFrom: day, createDateTo: day }, { status: '' },
  ]) assert.deepEqual(await found(criteria), [id], JSON.stringify(criteria));
  for (const criteria of [
    { ids: ['999999999'] }, { recipient: '5555' }, { from: 'Somebody' }, { text: 'else' }, { status: 'DONE' }, { type: 3 }, { groups: ['999999999'] },
    { createTsTo: '2020-01-01 00:00:00' }, { sentTsFrom: '2020-01-01 00:00:00' }, { status: 'NONSENSE' },
  ]) assert.deepEqual(await found(criteria), [], JSON.stringify(criteria));

  for (const field of ['id', 'name', 'from', 'counters.totalMsgNum', 'counters.totalCost', 'createTs', 'startSendTs', 'endSendTs', 'type']) {
    await call('campaign/list', { sort: { [field]: 'DESC' }, pagination: { pageSize: 25, currentPage: 0 } });
  }
  await call('campaign/list', { sort: { text: 'ASC' } }, { code: 12 });
  assert.deepEqual((await call('campaign/list', { pagination: { currentPage: 999 } })).items, []);
  assert.equal((await call('campaign/list', { criteria: { id } })).items[0].counters.totalMsgNum, '2');
  await call('campaign/delete', { id });
  assert.deepEqual(await found({}), []);
});

// No npm client sends files, so these go by fetch.

const call = (method, params) => upload(method, params, {});
const importFile = (id, bytes, params = {}) => upload('campaign/addRecipients',
  { id, ...Object.fromEntries(Object.entries(params).map(([name, value]) => [`params[${name}]`, value])) },
  { recipientsFile: { bytes, file: 'people.csv' } }, { code: 100 });
const fromFile = async (data, bytes, params) => {
  const id = await call('campaign/create', Object.fromEntries(Object.entries(data).map(([name, value]) => [`data[${name}]`, value])));
  await taskDone(call, await importFile(id, bytes, params));
  return id;
};

test('a campaign is made from a file, sent, and exported with what became of each', async () => {
  const id = await fromFile({ type: 3, text: 'Hello {name}' }, `recipient,name\n${ANN},Ann\n${BORIS},'B, O''Neil'\n${REFUSED},Clara\n${ANN},Twice\n,Nobody\n`);
  const draft = await call('campaign/getInfo', { id });
  assert.deepEqual([counts(draft), draft.counters.recipientsRejected], [{ New: 3, all: 3 }, '2']);
  assert.equal(await call('campaign/send', { id }), 2);
  assert.deepEqual(counts(await done(call, id)), { Delivrd: 2, Rejectd: 1, all: 3 });

  const { type, disposition, text } = await download('campaign/export', { id });
  assert.equal(type, 'text/csv; charset=utf-8');
  assert.match(disposition, new RegExp(`^attachment;.*campaign-${id}\\.csv`));
  const rows = text.trimEnd().split('\n');
  assert.equal(rows.length, 1 + 3);
  assert.match(rows[0], /^messageId,recipient,/);
  assert.match(rows[1], new RegExp(`,${ANN},.*,Hello Ann,.*,DELIVRD,,`));
  assert.match(rows[2], /,"Hello B, O'Neil",.*,DELIVRD,,/);
  assert.match(rows[3], new RegExp(`,${REFUSED},.*,REJECTD,[^,]+,`));
});

test('a file is read by its encoding, delimiter and quotes', async () => {
  const cp1251 = Buffer.from([0xc0, 0xed, 0xed, 0xe0]); // Анна
  const bytes = Buffer.concat([Buffer.from('name;recipient\n"'), cp1251, Buffer.from(`; "";${'"'};${ANN}\n`)]);
  const id = await fromFile({ type: 3, text: 'Да, {name}' }, bytes,
    { recipientsFileEncoding: 'WINDOWS-1251', recipientsFileDelimiter: ';', recipientsFileEnclosure: '"' });
  assert.equal((await call('campaign/getInfo', { id })).text, 'Да, Анна; ";');

  const plain = await fromFile({ text: 'Hello' }, `number\n${ANN}\n${BORIS}\n`, { recipientsFileSkipHeader: '0' });
  const { counters } = await call('campaign/getInfo', { id: plain });
  assert.deepEqual([counters.totalMsgNum, counters.recipientsRejected], ['2', '1']);

  const headed = await fromFile({ text: 'Hello' }, `Phone,Name\n${ANN},Ann\n${BORIS},Boris\n`, { recipientsFileSkipHeader: '1' });
  const { counters: without } = await call('campaign/getInfo', { id: headed });
  assert.deepEqual([without.totalMsgNum, without.recipientsRejected], ['2', '0']);
});

test('a file that cannot be read is refused and leaves nothing behind', async () => {
  const id = await call('campaign/create', { 'data[type]': '3', 'data[text]': 'Hello {name}' });
  const refused = (bytes, params = {}) => upload('campaign/addRecipients', { id, ...params }, { recipientsFile: { bytes, file: 'people.csv' } }, { code: 12 });

  await refused('');
  await refused(`recipient,name,name\n${ANN},Ann,Anna\n`);
  await refused(`number,name\n${ANN},Ann\n`);
  await refused(Buffer.from([0xff, 0xfe, 0xfd]));
  await refused(`recipient\n${ANN}\n`, { 'params[recipientsFileEncoding]': 'EBCDIC' });
  await refused(`recipient\n${ANN}\n`, { 'params[recipientsFileDelimiter]': ',,' });
  await refused(`recipient\n${ANN}\n`, { recipients: ANN });
  assert.deepEqual(counts(await call('campaign/getInfo', { id })), {});
});

callsAll('campaign', 'taskQueue');
