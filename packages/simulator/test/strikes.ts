import assert from 'node:assert/strict'
import { failureCode } from './test-client.ts'
import type { Reply } from './dialect-subject.ts'

/** What came of one request that a fault struck. */
export interface Struck {
  /** The error's code, or `none`. */
  readonly code: string
  readonly reply: Reply | null
  /** The answer to the same request without a fault. */
  readonly clean: Reply
  readonly idKeys: readonly string[]
}

type Check = (struck: Struck) => void

const failsWith =
  (pattern: RegExp): Check =>
  ({ code }) =>
    assert.match(code, pattern)

const breaksOff: Check = ({ code }) => assert.notEqual(code, 'none')

const replies =
  (check: (reply: Reply, struck: Struck) => void): Check =>
  (struck) => {
    assert.ok(struck.reply !== null, struck.code)
    check(struck.reply, struck)
  }

const typeOf = ({ headers }: Reply): string => headers.get('content-type') ?? ''

/** How each fault shows, by its name; a number shows as that status. */
const CHECKS: Readonly<Record<string, Check>> = {
  reset: failsWith(/ECONNRESET/u),
  fin: failsWith(/UND_ERR_SOCKET/u),
  timeout: failsWith(/AbortError/u),
  stalled: failsWith(/AbortError/u),
  garbage: failsWith(/HTTPParserError/u),
  'two-lengths': failsWith(/UND_ERR_RES_CONTENT_LENGTH_MISMATCH/u),
  truncated: breaksOff,
  'chunk-cut': breaksOff,
  'big-header': failsWith(/UND_ERR_HEADERS_OVERFLOW/u),
  'bad-gzip': failsWith(/Z_DATA_ERROR/u),
  'cut-json': replies((reply) => {
    if (typeOf(reply).includes('json')) assert.throws(() => JSON.parse(reply.text), SyntaxError)
    assert.ok(reply.text.length > 0)
  }),
  'short-length': replies(({ text }, { clean }) => assert.ok(text.length < clean.text.length)),
  slow: replies(({ status }, { clean }) => assert.equal(status, clean.status)),
  html: replies((reply) => assert.deepEqual([reply.status, typeOf(reply).slice(0, 9)], [200, 'text/html'])),
  empty: replies(({ status, text }) => assert.deepEqual([status, text], [200, ''])),
  json: replies(({ body }) => assert.deepEqual(body, { message: 'Not what was asked for.' })),
  'mp4-json': replies((reply) => assert.deepEqual([reply.status, typeOf(reply)], [200, 'video/mp4'])),
  noid: replies(({ text }, { idKeys }) => {
    for (const key of idKeys) assert.equal(text.includes(`"${key}":`), false, `${key} in ${text}`)
  }),
  '200error': replies(({ status, text }) => assert.deepEqual([status, text === ''], [200, false])),
  '500invalid': replies(({ status }) => assert.equal(status, 500)),
}

/** These need some bytes to spoil. */
const SPOILERS: readonly string[] = [
  'truncated',
  'chunk-cut',
  'stalled',
  'bad-gzip',
  'cut-json',
  'short-length',
]

/** Those that never end by themselves. */
export const ENDLESS: readonly string[] = ['timeout', 'stalled']

export function checkStrike(fault: string, struck: Struck): void {
  if (struck.clean.text.length < 4 && SPOILERS.includes(fault)) return
  const check = CHECKS[fault]
  if (check !== undefined) return check(struck)
  assert.match(fault, /^[2-5]\d\d$/u, `Say in CHECKS how "${fault}" shows.`)
  assert.equal(struck.reply?.status, Number(fault), struck.code)
}

export async function strike(work: Promise<Reply>, about: Omit<Struck, 'code' | 'reply'>): Promise<Struck> {
  const code = await failureCode(work)
  return { ...about, code, reply: code === 'none' ? await work : null }
}
