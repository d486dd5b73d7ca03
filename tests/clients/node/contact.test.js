// Contacts and their groups.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { everyWay, callsAll, upload } = require('./heliograph');

const MISSING = '999999999';

everyWay('a group is made, renamed, counted, listed and deleted', async (call, way) => {
  const name = `Friends by ${way}`;
  const id = await call('contactGroup/create', { data: { name } });
  const taken = await call('contactGroup/create', { data: { name } }, { code: 1 });
  assert.deepEqual(Object.keys(taken), ['name']);
  assert.equal(await call('contactGroup/update', { id, data: { name: `${name}!` } }), true);
  assert.equal(await call('contactGroup/getCardsCount', { id }), '0');

  const { items, totalItemCount } = await call('contactGroup/list', { criteria: { name: `BY ${way}!` }, sort: { name: 'ASC' } });
  assert.equal(totalItemCount, '1');
  assert.deepEqual((({ id: of, name: named, cardsCnt, isHidden }) => [of, named, cardsCnt, isHidden])(items[0]), [id, `${name}!`, '0', '0']);

  assert.deepEqual(await call('contactGroup/delete', { id }), { processed: [id], notProcessed: [] });
  assert.deepEqual(await call('contactGroup/delete', { id }), { processed: [], notProcessed: [id] });
  await call('contactGroup/update', { id, data: { name } }, { code: 2 });
  await call('contactGroup/getCardsCount', { id }, { code: 2 });
  await call('contactGroup/create', {}, { code: 11 });
  await call('contactGroup/create', { data: { name: '' } }, { code: 1 });
});

everyWay('a contact is made with all its fields, changed, grouped and deleted', async (call, way) => {
  const data = {
    title: 'Dr', name: 'Анна', surname: `O'Neil by ${way}`, birth_date: '1990-02-28', gender: 'female',
    company_name: 'Räder & Söhne', company_url: 'https://example.com/?a=1&b=2', info: 'Line 1\nLine 2',
    mobile: '+7 701 000 00 20', email: { value: 'ann@example.com', type: 'JOB' }, viber: '77010000020', whatsapp: '77010000020',
    landline: { value: '77270000000', type: 'HOME' }, skype: 'ann', telegram: '@ann',
    address: {
      countryA2: 'KZ', country: 'Kazakhstan', regionId: '1', region: 'Almaty', cityId: '2', city: 'Алматы',
      postalcode: '050000', street: 'Abay', building: '1a', other: 'back door',
    },
  };
  const alone = Number(await call('contactGroup/getCardsCount', { id: -1 }));
  const id = await call('contactCard/create', { data });
  assert.equal(Number(await call('contactGroup/getCardsCount', { id: -1 })), alone + 1);

  const { fields, groups } = await call('contactCard/get', { id });
  const { mobile, email, landline, viber, whatsapp, skype, telegram, ...plain } = fields;
  const { mobile: m, email: e, landline: l, viber: v, whatsapp: w, skype: s, telegram: t, ...given } = data;
  assert.deepEqual(plain, given);
  assert.deepEqual([mobile.value, mobile.type, mobile.countryA2, mobile.countryName, mobile.isMNP], ['77010000020', 'MAIN', 'KZ', 'Kazakhstan', '0']);
  assert.deepEqual([email, landline], [e, l]);
  assert.deepEqual([viber, skype, telegram].map(({ value, type }) => [value, type]), [[v, 'MAIN'], [s, 'MAIN'], [t, 'MAIN']]);
  assert.equal(whatsapp.value, w);
  assert.deepEqual(groups, []);

  assert.equal(await call('contactCard/update', { id, data: { title: '', email: '', name: 'Anna' } }), true);
  const changed = (await call('contactCard/get', { id })).fields;
  assert.deepEqual([changed.title, changed.email, changed.name, changed.surname], [undefined, undefined, 'Anna', data.surname]);

  const first = await call('contactGroup/create', { data: { name: `A by ${way}` } });
  const second = await call('contactGroup/create', { data: { name: `B by ${way}` } });
  assert.equal(await call('contactCard/setGroups', { id, groupIds: [first, second] }), true);
  const named = [{ id: first, name: `A by ${way}` }, { id: second, name: `B by ${way}` }];
  assert.deepEqual(await call('contactCard/getGroups', { id }), named);
  assert.deepEqual((await call('contactCard/get', { id })).groups, named);
  assert.equal(await call('contactGroup/getCardsCount', { id: first }), '1');
  await call('contactCard/setGroups', { id, groupIds: [second] });
  assert.equal(await call('contactGroup/getCardsCount', { id: first }), '0');
  assert.equal(Number(await call('contactGroup/getCardsCount', { id: -1 })), alone);

  assert.equal(await call('contactCard/delete', { id }), true);
  for (const [method, more] of [['get'], ['delete'], ['getGroups'], ['update', { data: { name: 'Late' } }], ['setGroups', { groupIds: [second] }]]) {
    await call(`contactCard/${method}`, { id, ...more }, { code: 2 });
  }
});

everyWay('what a contact may not be is told field by field', async (call) => {
  const wrong = async (data) => Object.keys(await call('contactCard/create', { data }, { code: 1 })).sort();

  assert.deepEqual(await wrong({ gender: 'other', birth_date: '1990-02-30', mobile: 'none', email: 'none' }), ['birth_date', 'email', 'gender', 'mobile']);
  assert.deepEqual(await wrong({ mobile: { value: '77010000020', type: 'WORK' } }), ['mobile.type']);
  assert.deepEqual(await wrong({ address: { countryA2: 'XX' } }), ['address.countryA2']);
  await call('contactCard/get', {}, { code: 11 });
  await call('contactCard/get', { id: MISSING }, { code: 2 });
});

everyWay('contacts are found by every operator and in every order', async (call, way) => {
  const surname = `Listed by ${way}`;
  const make = (name, mobile, more = {}) => call('contactCard/create', { data: { name, surname, mobile, ...more } });
  const ann = await make('Ann', '77010000020', { birth_date: '1990-01-01', address: { city: 'Almaty' } });
  const boris = await make('Boris', { value: '77010000021', type: 'JOB' }, { birth_date: '2000-01-01' });
  const group = await call('contactGroup/create', { data: { name: surname } });
  await call('contactCard/setGroups', { id: ann, groupIds: [group] });

  const found = async (...criteria) => {
    const page = await call('contactCard/list', { criteria: [{ field: 'surname', value: surname }, ...criteria], sort: { fullName: 'ASC' } });
    assert.ok(Number(page.fullListItemCount) >= Number(page.totalItemCount));
    assert.equal(Number(page.totalItemCount), page.items.length);
    return page.items.map(({ id }) => id);
  };
  for (const [field, operator, value, want] of [
    ['name', 'equal', 'ann', [ann]],
    ['name', 'not_equal', 'Ann', [boris]],
    ['mobile', 'contain', '000002', [ann, boris]],
    ['mobile.value', 'equal', '+77010000021', [boris]],
    ['mobile.type', 'equal', 'JOB', [boris]],
    ['birth_date', 'from', '1995-01-01', [boris]],
    ['birth_date', 'to', '1990-01-01', [ann]],
    ['address.city', 'empty', '', [boris]],
    ['address.city', 'equal', 'Almaty', [ann]],
    ['groupId', 'equal', group, [ann]],
    ['groupId', 'empty', '', [boris]],
    ['createTs', 'from', '2020-01-01 00:00:00', [ann, boris]],
    ['createTs', 'to', '2020-01-01', []],
    ['nonsense', 'equal', '1', []],
  ]) assert.deepEqual(await found({ field, operator, value }), want, `${field} ${operator} ${value}`);
  assert.deepEqual(await found({ field: 'name', value: 'Ann' }, { field: 'mobile', value: '77010000020' }), [ann]);
  assert.deepEqual(await found({ field: 'name', value: 'Ann' }, { field: 'name', value: 'Boris' }), []);
  for (const field of ['fullName', 'surname', 'mobile', 'id']) await call('contactCard/list', { sort: { [field]: 'DESC' } });
  await call('contactCard/list', { sort: { email: 'ASC' } }, { code: 12 });
});

// A picture of one pixel.
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

test('a photo goes up with a form and comes back as it was', async () => {
  const photo = { 'data[photo]': { bytes: PIXEL, file: 'ann.gif' } };
  const id = await upload('contactCard/create', { 'data[name]': 'Ann', 'data[mobile][value]': '77010000020', 'data[mobile][type]': 'HOME' }, photo);
  const get = async () => (await upload('contactCard/get', { id }, {})).fields;
  const { photo: url, mobile } = await get();
  assert.deepEqual([url, mobile.type], [`data:image/gif;base64,${PIXEL.toString('base64')}`, 'HOME']);

  await upload('contactCard/update', { id, 'data[photo]': '' }, {});
  assert.equal((await get()).photo, undefined);
  await upload('contactCard/update', { id }, photo);
  assert.equal((await get()).photo, url);
  const bad = await upload('contactCard/update', { id }, { 'data[photo]': { bytes: 'no picture', file: 'ann.gif' } }, { code: 1 });
  assert.deepEqual(Object.keys(bad), ['photo']);
});

callsAll('contactGroup', 'contactCard');
