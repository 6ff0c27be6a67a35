import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { OutputGone, OutputUnavailable, type OpenedOutput } from '../../src/providers/provider.ts'
import { answer, html, json, reset, startFaultServer, type Behaviour } from './fault-server.ts'
import { openAway, openSubject, type ProviderSubject } from './provider-subject.ts'

const signal = new AbortController().signal

/** A case that hangs fails: nothing here waits for real time. */
const TIMEOUT_MS = 20_000

/** Begins like an MP4, which is all that an adapter looks at. */
const CLIP = Buffer.concat([
  Buffer.from([0, 0, 0, 24]),
  Buffer.from('ftypisom\0\0\0\0isomavc1'),
  Buffer.alloc(20_000, 7),
])

const clip = (bytes: Uint8Array = CLIP, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  answer({ status: 200, headers: { 'content-type': 'video/mp4', ...headers }, body: bytes })

async function read(opened: OpenedOutput): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of opened.body) parts.push(part)
  return Buffer.concat(parts)
}

/** Announces the whole clip and breaks off after 8 000 bytes. */
const shortClip: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(CLIP.length) })
  response.write(CLIP.subarray(0, 8_000), () => response.socket?.destroy())
}

const UNAVAILABLE: Readonly<Record<string, Behaviour>> = {
  'HTML with status 200': answer(html(200)),
  'U4: JSON with status 200': answer(json(200, { error: { message: 'not ready' } })),
  'U4: JSON labelled as MP4': clip(Buffer.from('{"error":{"message":"not ready","code":null}}')),
  'a few bytes': clip(Buffer.from('mp4')),
  'an empty body': clip(Buffer.alloc(0)),
  'HTTP 400': answer(json(400, {})),
  'HTTP 500': answer(json(500, {})),
  'HTTP 202 with JSON': answer(json(202, {})),
  'reset before the answer': reset,
}

/** How outputs are opened: by link and by the content route alike. */
export function providerOpenContract(
  name: string,
  subject: ProviderSubject,
  skips: Readonly<Record<string, string>>,
): void {
  const { operation } = subject.accepted
  const kinds = Object.keys(subject.outputs('http://127.0.0.1:1'))
  const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
    test(`${name} open: ${title}`, { skip: skips[`open: ${title}`] ?? false, timeout: TIMEOUT_MS }, body)
  }

  for (const kind of kinds) {
    it(`${kind}: the bytes and their number`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, clip())
      const opened = await provider.open(subject.outputs(upstream.baseUrl)[kind]!, operation, signal)
      assert.equal(opened.bytes, CLIP.length)
      assert.deepEqual(await read(opened), CLIP)
    })

    it(`${kind}: closed unread`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, clip())
      const opened = await provider.open(subject.outputs(upstream.baseUrl)[kind]!, operation, signal)
      opened.close()
    })

    for (const status of [403, 404, 410]) {
      it(`${kind}: HTTP ${status} is gone`, async (context) => {
        const { provider, upstream } = await openSubject(context, subject, answer(json(status, {})))
        const output = subject.outputs(upstream.baseUrl)[kind]!
        await assert.rejects(provider.open(output, operation, signal), OutputGone)
      })
    }

    for (const [title, behave] of Object.entries(UNAVAILABLE)) {
      it(`${kind}: ${title} is no output`, async (context) => {
        const { provider, upstream } = await openSubject(context, subject, behave)
        const output = subject.outputs(upstream.baseUrl)[kind]!
        await assert.rejects(provider.open(output, operation, signal), OutputUnavailable)
      })
    }

    it(`${kind}: a body that breaks off is an error`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, shortClip)
      const opened = await provider.open(subject.outputs(upstream.baseUrl)[kind]!, operation, signal)
      await assert.rejects(read(opened), OutputUnavailable)
    })

    it(`${kind}: refused connection is no output`, async (context) => {
      const { provider, upstream } = await openAway(context, subject)
      const output = subject.outputs(upstream.baseUrl)[kind]!
      await assert.rejects(provider.open(output, operation, signal), OutputUnavailable)
    })
  }

  it('a link elsewhere gets no credentials, nor does a redirect elsewhere', async (context) => {
    const elsewhere = await startFaultServer(clip())
    context.after(() => elsewhere.close())
    const moved = answer({ status: 302, headers: { location: `${elsewhere.baseUrl}/cdn` }, body: '' })
    const allow = elsewhere.baseUrl.replace('http://', '')
    const { provider, upstream } = await openSubject(context, subject, moved, {
      allow: `${allow} 127.0.0.1`,
    })
    const linked = { role: 'video', ref: `${elsewhere.baseUrl}/linked` } as const
    await read(await provider.open(linked, operation, signal))
    const own = Object.values(subject.outputs(upstream.baseUrl))[0]!
    await read(await provider.open(own, operation, signal))
    assert.deepEqual(
      elsewhere.seen.map(({ path, headers }) => [path, headers.authorization]),
      [
        ['/linked', undefined],
        ['/cdn', undefined],
      ],
    )
  })

  it('a link into a private network is not followed', async (context) => {
    const inner = await startFaultServer(clip())
    context.after(() => inner.close())
    const { provider } = await openSubject(context, subject, clip())
    const output = { role: 'video', ref: `${inner.baseUrl}/secret` } as const
    await assert.rejects(provider.open(output, operation, signal), OutputUnavailable)
    assert.equal(inner.seen.length, 0)
  })
}
