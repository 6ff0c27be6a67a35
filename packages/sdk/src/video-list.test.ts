import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, task } from '../test/fake-fetch.ts'
import { testClient, type TestClient } from '../test/test-client.ts'

const page = (ids: readonly string[], fields: Record<string, unknown> = {}): Response =>
  json({ object: 'list', data: ids.map((id) => task({ id })), ...fields })

async function allIds({ client }: TestClient, after?: string): Promise<string[]> {
  const ids: string[] = []
  for await (const video of client.videos.listAll({ limit: 2, after })) ids.push(video.id)
  return ids
}

test('one page: the query is what was asked, the cursor keys are always there', async () => {
  const { client, fetch } = testClient(() =>
    page(['a', 'b'], { first_id: 'a', last_id: 'b', has_more: true }),
  )
  const list = await client.videos.list({
    limit: 2,
    after: 'z',
    order: 'asc',
    status: 'failed',
    model: 'local/preview',
  })
  assert.equal(fetch.sent[0]?.url.search, '?limit=2&after=z&order=asc&status=failed&model=local%2Fpreview')
  assert.deepEqual([list.first_id, list.last_id, list.has_more, list.data.length], ['a', 'b', true, 2])
  await client.videos.list()
  assert.equal(fetch.sent[1]?.url.search, '')
})

test('all pages are read by last_id, and only as far as they are asked for', async () => {
  const pages = [
    page(['a', 'b'], { last_id: 'b', has_more: true }),
    // The last id of the page need not be in it: a deleted video keeps its place.
    page(['c'], { last_id: 'd', has_more: true }),
    page(['e'], { last_id: 'e', has_more: false }),
  ]
  const all = testClient((_sent, index) => pages[index]!.clone())
  assert.deepEqual(await allIds(all), ['a', 'b', 'c', 'e'])
  assert.deepEqual(
    all.fetch.sent.map(({ url }) => url.search),
    ['?limit=2', '?limit=2&after=b', '?limit=2&after=d'],
  )
  const some = testClient((_sent, index) => pages[index]!.clone())
  for await (const video of some.client.videos.listAll()) if (video.id === 'b') break
  assert.equal(some.fetch.sent.length, 1)
})

test('a list without has_more is one page, a bare array too, an empty page ends it', async () => {
  for (const answer of [page(['a'], { last_id: 'a' }), json([task({ id: 'a' })])]) {
    assert.deepEqual(await allIds(testClient(() => answer)), ['a'])
  }
  assert.deepEqual(await allIds(testClient(() => page([], { has_more: true }))), [])
})

test('without last_id the last video of the page is the cursor', async () => {
  const all = testClient((_sent, index) => page([`v${index}`], { has_more: index < 2 }))
  assert.deepEqual(await allIds(all), ['v0', 'v1', 'v2'])
  assert.equal(all.fetch.sent[2]?.url.searchParams.get('after'), 'v1')
})

test('a server that repeats a cursor is reported, not asked for ever', { timeout: 10_000 }, async () => {
  const same = testClient(() => page(['a'], { last_id: 'a', has_more: true }))
  await assert.rejects(allIds(same), { code: 'unexpected_answer', message: /repeats the page cursor a/ })
  assert.equal(same.fetch.sent.length, 2)
  const round = testClient((_sent, index) => page(['a'], { last_id: ['x', 'y'][index % 2], has_more: true }))
  await assert.rejects(allIds(round), { code: 'unexpected_answer' })
  assert.equal(round.fetch.sent.length, 3)
  const start = testClient(() => page(['a'], { last_id: 'z', has_more: true }))
  await assert.rejects(allIds(start, 'z'), { code: 'unexpected_answer' })
})

const codeOf = (answer: Response): Promise<unknown> =>
  testClient(() => answer)
    .client.videos.list()
    .then(
      () => assert.fail('it was taken for a list'),
      (error: { code: string }) => error.code,
    )

test('what is no list is an error', async () => {
  assert.equal(await codeOf(json({ error: { message: 'no' } })), 'bad_request')
  assert.equal(await codeOf(json({ data: {} })), 'unexpected_answer')
  assert.equal(await codeOf(json('x')), 'unexpected_answer')
})
