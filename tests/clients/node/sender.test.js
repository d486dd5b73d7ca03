// Senders and prices.
'use strict';

const assert = require('node:assert/strict');
const { everyWay, callsAll } = require('./heliograph');

everyWay("the account's senders are listed", async (call) => {
  const { items, totalItemCount } = await call('alphaname/list', { sort: { createTs: 'ASC', id: 'DESC' } });
  assert.equal(Number(totalItemCount), items.length);
  assert.ok(items.some(({ globalStatus, alphaname }) => globalStatus === '1' && alphaname.name !== ''));
  assert.deepEqual((await call('alphaname/list', { pagination: { pageSize: 25, currentPage: 9 } })).items, []);
  await call('alphaname/list', { sort: { name: 'ASC' } }, { code: 12 });
});

everyWay('prices to a country are public', async (call) => {
  const asked = { countryA2: 'KZ', currency: 'KZT', language: 'en' };
  const { priceGroups, prices } = await call('price/listPublic', asked);
  assert.deepEqual(priceGroups.map(({ countryA2, countryName, callingCode, currency }) => [countryA2, countryName, callingCode, currency]),
    [['KZ', 'Kazakhstan', '7', 'KZT']]);
  assert.deepEqual(prices.map(({ priceGroupId, operator }) => [priceGroupId, operator]), [[priceGroups[0].id, null]]);
  const { segPrice } = await call('message/preview', { recipient: '77010000020', text: 'Hello' });
  assert.equal(prices[0].price, segPrice);

  for (const wrong of [{ countryA2: 'XX' }, { currency: 'XXX' }, { language: 'xx' }]) {
    await call('price/listPublic', { ...asked, ...wrong }, { code: 12 });
  }
  await call('price/listPublic', { countryA2: 'KZ' }, { code: 11 });
});

callsAll('alphaname', 'price');
