// Numbers that messages do not go to.
'use strict';

const assert = require('node:assert/strict');
const { everyWay, callsAll } = require('./heliograph');

everyWay('a number on the list gets nothing until it is taken off', async (call, way) => {
  const number = '77010000020';
  const id = await call('numberStopList/create', { number: `+${number}`, comment: `Asked by ${way}` });
  const refused = await call('message/sendSmsMessage', { recipient: number, text: 'Hello' }, { code: 1 });
  assert.deepEqual(Object.keys(refused), ['recipient']);
  const campaign = await call('campaign/create', { data: { text: 'Hello' } });
  const added = await call('campaign/addRecipients', { id: campaign, recipients: [number] }, { code: 99 });
  assert.equal(added[0].code, 5);
  await call('campaign/delete', { id: campaign });

  const { items } = await call('numberStopList/list', { criteria: { number: '0000020', comment: way }, sort: { createTs: 'DESC' } });
  assert.deepEqual(items.map((i) => [i.id, i.number, i.comment, i.level, i.countryA2]), [[id, number, `Asked by ${way}`, '0', 'KZ']]);
  assert.equal(await call('numberStopList/delete', { id }), true);
  await call('numberStopList/delete', { id }, { code: 2 });
  await call('message/sendSmsMessage', { recipient: number, text: 'Hello again' });
});

everyWay('a range is one entry, however wide', async (call, way) => {
  const [numberFrom, numberTo] = ['77060000000', '77069999999'];
  assert.equal(await call('numberStopList/create', { numberFrom, numberTo, comment: `Wide by ${way}` }, { shape: 'bool' }), true);
  await call('message/sendSmsMessage', { recipient: '77065555555', text: 'Hello' }, { code: 1 });

  const { items, totalItemCount } = await call('numberStopList/list', { criteria: { comment: `Wide by ${way}` } });
  assert.equal(totalItemCount, '1');
  assert.equal(items[0].number, `${numberFrom}-${numberTo}`);
  assert.equal(await call('numberStopList/delete', { id: items[0].id }), true);
  await call('message/sendSmsMessage', { recipient: '77065555520', text: 'Hello' });
});

everyWay('what is no number and no range is refused', async (call) => {
  await call('numberStopList/create', {}, { code: 11 });
  await call('numberStopList/create', { numberFrom: '77060000000' }, { code: 11 });
  await call('numberStopList/create', { number: 'nobody' }, { code: 1 });
  await call('numberStopList/create', { numberFrom: '77069999999', numberTo: '77060000000' }, { code: 1 });
  await call('numberStopList/delete', {}, { code: 11 });
  for (const field of ['id', 'number', 'createTs']) await call('numberStopList/list', { sort: { [field]: 'ASC' } });
  await call('numberStopList/list', { sort: { comment: 'ASC' } }, { code: 12 });
});

callsAll('numberStopList');
