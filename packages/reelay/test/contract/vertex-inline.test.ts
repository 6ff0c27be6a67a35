import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenedOutput } from '../../src/providers/provider.ts'
import fixtures from '../../src/providers/vertex/fixtures/answers.json' with { type: 'json' }
import { answer, brokenOff, html, json, type Behaviour } from './fault-server.ts'
import { openSubject, type Opened } from './provider-subject.ts'
import { ID, OPERATION, PARENT, TOKEN, vertexSubject as subject } from './vertex-subject.ts'

const signal = new AbortController().signal

/** Begins like an MP4. */
const CLIP = Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isomavc1'), Buffer.alloc(200_000, 7)])
const BASE64 = CLIP.toString('base64')
const INLINE = { role: 'video', ref: 'inline:0' } as const
const whole = JSON.stringify({
  ...fixtures.done_inline,
  response: { videos: [{ bytesBase64Encoded: BASE64 }] },
})

async function read({ body }: OpenedOutput): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

const openInline = async ({ provider }: Opened): Promise<Buffer> =>
  read(await provider.open(INLINE, OPERATION, signal))
const text = (body: string): Behaviour =>
  answer({ status: 200, headers: { 'content-type': 'application/json; charset=UTF-8' }, body })

const nested = {
  name: ID,
  done: true,
  response: { videos: [{ video: { mimeType: 'a', bytesBase64Encoded: BASE64 } }] },
}
const INLINE_SHAPES: Readonly<Record<string, string>> = {
  'as documented': whole,
  'nested under video': JSON.stringify(nested),
  'with the name at the end': JSON.stringify({ response: nested.response, done: true, name: ID }),
  'with spaces and escapes': JSON.stringify(nested, null, 2)
    .replaceAll('/', '\\/')
    .replaceAll('=', '\\u003d'),
  'beside others that look like it': JSON.stringify({
    metadata: { bytesBase64Encoded: 'AAAA', name: 'other' },
    ...nested,
    error: { videos: [{ bytesBase64Encoded: 'AAAA' }] },
  }),
}

for (const [title, body] of Object.entries(INLINE_SHAPES)) {
  test(`vertex open: a video inside the answer, ${title}`, async (context) => {
    const opened = await openSubject(context, subject, text(body))
    assert.deepEqual(await openInline(opened), CLIP)
    const [seen] = opened.upstream.seen
    assert.deepEqual(
      [seen?.method, seen?.path, seen?.headers.authorization, seen?.headers['content-type'], seen?.body],
      [
        'POST',
        `/v1/${PARENT}:fetchPredictOperation`,
        `Bearer ${TOKEN}`,
        'application/json',
        JSON.stringify({ operationName: ID }),
      ],
    )
  })
}

const cut = (count: number): string => whole.replace(BASE64, BASE64.slice(0, -count))
const BROKEN: Readonly<Record<string, Behaviour>> = {
  'base64 that ends early': text(cut(1)),
  'base64 that ends inside a group': text(cut(2)),
  'a sign that is not of base64': text(
    whole.replace(BASE64, `${BASE64.slice(0, 60_000)}*${BASE64.slice(60_001)}`),
  ),
  'padding in the middle': text(whole.replace(BASE64, `AA==${BASE64}`)),
  'an answer that ends inside the string': text(whole.slice(0, 100_000)),
  'an answer that ends after the string': text(whole.slice(0, -4)),
  'a connection that breaks off': brokenOff(whole, 'application/json'),
  'another operation': text(whole.replace('operations/abc', 'operations/other')),
  'no name': text(whole.replace('"name"', '"names"')),
  'no video': text(whole.replace(BASE64, Buffer.from('{"error":"not ready"}').toString('base64'))),
  'an empty string': text(whole.replace(BASE64, '')),
  'a page': answer(html(200)),
  'HTTP 401': answer(json(401, fixtures.bad_token)),
  'HTTP 403': answer(json(403, fixtures.not_enabled)),
  'HTTP 429': answer(json(429, fixtures.too_fast)),
  'HTTP 503': answer(json(503, fixtures.overloaded)),
  'a redirect': answer({ status: 307, headers: { location: '/elsewhere' }, body: '' }),
}

for (const [title, behave] of Object.entries(BROKEN)) {
  test(`vertex open: inside the answer: ${title} is no output`, async (context) => {
    const opened = await openSubject(context, subject, behave)
    await assert.rejects(openInline(opened), { name: 'OutputUnavailable' })
    assert.equal(opened.upstream.seen.length, 1)
  })
}

const GONE: Readonly<Record<string, Behaviour>> = {
  'no such operation': answer(json(404, fixtures.no_such_operation)),
  'an operation without the video': answer(json(200, fixtures.filtered)),
}

for (const [title, behave] of Object.entries(GONE)) {
  test(`vertex open: inside the answer: ${title} is gone`, async (context) => {
    const opened = await openSubject(context, subject, behave)
    await assert.rejects(openInline(opened), { name: 'OutputGone' })
  })
}
