import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { CallbackReading, Provider } from '../../src/providers/provider.ts'
import { answer } from './fault-server.ts'
import {
  openSubject,
  plainRequest,
  startRequest,
  unsigned,
  type CallbackSubject,
  type ProviderSubject,
} from './provider-subject.ts'

/** A case that hangs fails: nothing here waits for real time. */
const TIMEOUT_MS = 20_000

const MEBI = 1_024 * 1_024

/** Has what URLs may have: an escape, a query, a character that queries spell differently. */
const URL_GIVEN = 'https://gate.example:8443/a%20b/hooks/x/tok-en_1?q=1&r=a+b'

/** The fields in which one provider or another takes a URL. */
const FIELDS = {
  callback_url: 'https://elsewhere.example/1',
  fal_webhook: 'https://elsewhere.example/2',
  webhook: 'https://elsewhere.example/3',
  webhook_events_filter: ['start'],
  webhookConfig: { uris: ['https://elsewhere.example/4'] },
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Nothing that a provider says: all that is known then is that somebody called. */
const GARBAGE: Readonly<Record<string, Uint8Array>> = {
  'no body': utf8(''),
  'no JSON': utf8('status=succeeded&id=1'),
  'a page': utf8('<html><body>{"id":"no","status":"failed"}</body></html>'),
  'JSON cut short': utf8('{"id":"x","status":"failed","state":"failed"'),
  'two documents': utf8('{"status":"failed"}{"status":"failed"}'),
  null: utf8('null'),
  'a number': utf8('7'),
  'a text': utf8('"failed"'),
  'a list': utf8('[{"id":"x","status":"failed"}]'),
  'an empty object': utf8('{}'),
  'NUL bytes': new Uint8Array(64),
  'NUL after JSON': utf8('{"status":"failed"}\0'),
  'a NUL as a status': utf8('{"status":"\\u0000","state":"\\u0000","type":"\\u0000"}'),
  'bytes that are no UTF-8': Buffer.concat([
    utf8('{"status":"failed","id":"'),
    Buffer.from([0xff]),
    utf8('"}'),
  ]),
  'UTF-16': Buffer.from('{"status":"failed"}', 'utf16le'),
  gzip: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
  'two MiB of open lists': utf8('['.repeat(2 * MEBI)),
  'two MiB of lists': utf8('['.repeat(MEBI) + ']'.repeat(MEBI)),
  'two MiB of objects': utf8(`${'{"status":'.repeat(180_000)}1${'}'.repeat(180_000)}`),
  'words for nothing': utf8('{"__proto__":{"status":"failed"},"constructor":"failed"}'),
}

/** What stands where something else belongs. */
const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  7,
  -0.5,
  [],
  ['failed'],
  {},
  { id: {} },
  '',
  ' ',
  '\0',
  'a\nb',
  'x'.repeat(100_000),
]

/** Every body with one value of it, at any depth, replaced by `value`. */
function spoiled(body: unknown, value: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) return []
  const entries = Object.entries(body)
  return entries.flatMap(([name, old]) =>
    [value, ...spoiled(old, value)].map((given) =>
      Object.fromEntries(entries.map(([key, kept]) => [key, key === name ? given : kept])),
    ),
  )
}

const read = async (provider: Provider, body: Uint8Array): Promise<CallbackReading | undefined> =>
  provider.readCallback?.({ headers: {}, body, urls: [URL_GIVEN] })

const kindOf = ({ registered, isAccountWide = false }: CallbackSubject): Provider['traits']['callbacks'] =>
  registered === undefined ? 'account' : isAccountWide ? 'both' : 'per_request'

/** What adapters must do whose provider calls back, and that the others do nothing of it. */
export function providerCallbackContract(
  name: string,
  subject: ProviderSubject,
  skips: Readonly<Record<string, string>>,
): void {
  const { callbacks } = subject
  const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
    const skip = skips[`callback: ${title}`] ?? false
    test(`${name} callback: ${title}`, { skip, timeout: TIMEOUT_MS }, body)
  }

  it('traits, reader and subject agree', async (context) => {
    const { provider } = await openSubject(context, subject, answer(subject.accepted.reply))
    assert.equal(provider.traits.callbacks, callbacks === undefined ? undefined : kindOf(callbacks))
    assert.equal(provider.readCallback !== undefined, callbacks !== undefined)
  })

  if (callbacks === undefined) return
  const { registered } = callbacks
  if (registered === undefined) accountContract(it, subject)
  else registrationContract(it, subject, registered)
  readingContract(it, subject, callbacks)
}

type It = (title: string, body: (context: TestContext) => Promise<void>) => void

function accountContract(it: It, subject: ProviderSubject): void {
  it('a create registers nothing, whatever it is given', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const request = { ...plainRequest(subject.model), providerOptions: FIELDS }
    await provider.start(startRequest(subject.model, { callbackUrl: URL_GIVEN }))
    await provider.start(startRequest(subject.model, { callbackUrl: null }))
    const [given, none] = upstream.seen
    assert.doesNotMatch(`${given?.path} ${given?.body}`, /callback|webhook|gate\.example/i)
    // Forms differ by their boundary only.
    if (given?.headers['content-type'] === 'application/json') assert.equal(given.body, none?.body)
    assert.deepEqual(
      provider.traits.providerOptions.filter((option) => option in request.providerOptions),
      [],
    )
  })
}

function registrationContract(
  it: It,
  subject: ProviderSubject,
  registered: NonNullable<CallbackSubject['registered']>,
): void {
  it('registers the URL as given, and changes nothing else', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const outcome = await provider.start(startRequest(subject.model, { callbackUrl: URL_GIVEN }))
    assert.deepEqual(outcome, { kind: 'accepted', operation: subject.accepted.operation })
    await provider.start(startRequest(subject.model))
    const [given, none] = upstream.seen
    assert.equal(registered(given!), URL_GIVEN)
    assert.equal(given?.path.split('?')[0], none?.path)
    const fields = Object.keys(FIELDS)
    const others = Object.entries(JSON.parse(given?.body ?? '')).filter(([field]) => !fields.includes(field))
    assert.deepEqual(Object.fromEntries(others), JSON.parse(none?.body ?? ''))
  })

  it('registers nothing without a URL', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    await provider.start(startRequest(subject.model, { callbackUrl: null }))
    const [seen] = upstream.seen
    assert.equal(registered(seen!), undefined)
    assert.doesNotMatch(`${seen?.path} ${seen?.body}`, /callback|webhook/i)
  })

  it('options of a request register nothing', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const request = { ...plainRequest(subject.model), providerOptions: FIELDS }
    await provider.start(startRequest(subject.model, { request, callbackUrl: null }))
    await provider.start(startRequest(subject.model, { request, callbackUrl: URL_GIVEN }))
    assert.deepEqual(upstream.seen.map(registered), [undefined, URL_GIVEN])
    const reserved = provider.traits.providerOptions.filter((option) => option in FIELDS)
    assert.deepEqual(reserved, [])
  })
}

function readingContract(it: It, subject: ProviderSubject, { readings }: CallbackSubject): void {
  for (const [title, { body, expected }] of Object.entries(readings)) {
    it(title, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
      assert.deepEqual(await read(provider, utf8(JSON.stringify(body))), expected)
      assert.equal(upstream.seen.length, 0)
    })
  }

  it('a job that is named is the one that start would have stored', async (context) => {
    const { provider } = await openSubject(context, subject, answer(subject.accepted.reply))
    for (const { body } of Object.values(readings)) {
      const reading = await read(provider, utf8(JSON.stringify(body)))
      const operation = reading?.operation ?? null
      if (operation !== null) assert.deepEqual(operation, subject.accepted.operation)
    }
  })

  for (const [title, body] of Object.entries(GARBAGE)) {
    it(`${title} is a hint and no more`, async (context) => {
      const { provider } = await openSubject(context, subject, answer(subject.accepted.reply))
      assert.deepEqual(await read(provider, body), unsigned('moved'))
    })
  }

  it('a value of another kind never throws, and names no other job', async (context) => {
    const { provider } = await openSubject(context, subject, answer(subject.accepted.reply))
    const ids = new Set(
      Object.values(readings).map(({ expected: { operation, job } }) =>
        job !== undefined && 'id' in job ? job.id : operation?.providerTaskId,
      ),
    )
    for (const { body } of Object.values(readings)) {
      for (const wrong of WRONG_VALUES.flatMap((value) => spoiled(body, value))) {
        const reading = await read(provider, utf8(JSON.stringify(wrong)))
        assert.ok(['ended', 'moved'].includes(reading?.hint ?? ''))
        const { job } = reading ?? {}
        const id =
          reading?.operation?.providerTaskId ?? (job !== undefined && 'id' in job ? job.id : undefined)
        assert.ok(id === undefined || ids.has(id) || /^-?[\d.]+$/.test(id), id?.slice(0, 80))
      }
    }
  })
}
