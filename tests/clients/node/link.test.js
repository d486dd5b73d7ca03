// Short links.
'use strict';

const assert = require('node:assert/strict');
const { everyWay, callsAll, until } = require('./heliograph');

const BROWSER = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' };
// The server's port is not known to its configuration, so the base's host is not the one to ask.
const follow = (shortLink) => fetch(process.env.HELIOGRAPH_URL + new URL(shortLink).pathname, { redirect: 'manual', headers: BROWSER });

everyWay('a link leads on until it is deleted, and its clicks stay', async (call, way) => {
  const { id, code, shortLink } = await call('link/create', { data: { fullLink: 'www.example.com/a', comment: `By ${way}`, expirationDate: '2999-01-01' } });
  for (const key of [{ id }, { code }, { shortLink }]) {
    const link = await call('link/get', key);
    assert.deepEqual([link.id, link.fullLink, link.expirationDate], [id, 'http://www.example.com/a', '2999-01-01']);
  }
  const answer = await follow(shortLink);
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'http://www.example.com/a']);

  assert.equal(await call('link/update', { id, data: { fullLink: 'https://example.com/b' } }), true);
  const { items } = await call('link/list', { criteria: { query: 'example.com/b' }, sort: { id: 'DESC' } });
  assert.deepEqual([items[0].id, items[0].expirationDate], [id, null]);
  assert.equal((await follow(shortLink)).headers.get('location'), 'https://example.com/b');

  assert.deepEqual(await call('link/delete', { ids: [id] }), { processed: [id], notProcessed: [] });
  assert.equal((await follow(shortLink)).status, 404);
  await call('link/get', { id }, { code: 2 });
  assert.equal(await call('link/update', { id, data: { comment: 'Gone' } }), true);
  await call('link/delete', { ids: [id] }, { code: 99 });
  await until('two clicks', async () => (await call('link/getStats', { ids: [id], type: 'monthly' })).totals.totalClicks0 === 2);
  const { items: months, totals } = await call('link/getStats', { ids: [id], type: 'monthly' });
  assert.deepEqual([months.length, totals.totalRedirects0, months[35].clicks0, months[0].clicks0], [36, 2, way === 'xml' ? 2 : '2', 0]); // XML has no types
});

everyWay("a campaign's links are listed", async (call) => {
  const campaignId = await call('campaign/create', { data: { text: 'See https://example.com/c', shortenLinks: 1 } });
  assert.deepEqual((await call('link/getLinks', { campaignId })).map(({ fullLink }) => fullLink), ['https://example.com/c']);
  await call('campaign/delete', { id: campaignId });
  await call('link/getLinks', { campaignId: 999999999 }, { code: 2 });
});

everyWay('what is no address is refused', async (call) => {
  await call('link/create', { data: { fullLink: 'javascript:alert(1)' } }, { code: 1 });
  await call('link/get', {}, { code: 12 });
  await call('link/getStats', { ids: [1], type: 'yearly' }, { code: 12 });
});

callsAll('link');
