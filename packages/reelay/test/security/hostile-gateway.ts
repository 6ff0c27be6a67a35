import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Route } from '../../src/http/route.ts'
import { ROUTES } from '../../src/http/routes.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { decideSubmit } from '../../src/task/decide-submit.ts'
import { ask } from '../e2e/client.ts'
import { newTask } from '../support/new-task.ts'
import { LogWatch } from './log-watch.ts'
import { exchangeRaw, type RawAnswer, type RawReply, type RawRequest } from './raw-client.ts'

/** A route with ids that exist: whatever happens to a request is not because of them. */
export type Target = {
  route: Route
  path: string
  name: string
  readsBody: boolean
  /** Takes whatever body there is, and makes nothing of it. */
  keepsBody: boolean
}

/** A gateway that serves on a socket and works on nothing. Its clock stands still. */
export interface HostileGateway {
  readonly port: number
  readonly key: string
  readonly url: string
  readonly clock: TestClock
  readonly reelay: Reelay
  readonly log: LogWatch
  /** Everything that the API answers: new routes are among them by themselves. */
  readonly targets: readonly Target[]
  send(request: RawRequest): Promise<RawReply>
  /** Files that requests staged and did not remove. */
  stagedFiles(): Promise<readonly string[]>
  stop(): Promise<void>
}

const FILE_BYTES_MAX = 20_000

export async function openHostile(): Promise<HostileGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-hostile-'))
  const clock = new TestClock()
  const log = new LogWatch()
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PORT: '0',
    REELAY_PROVIDERS: 'local',
    REELAY_LIMITS: 'off',
    REELAY_LIMIT_FILE_BYTES: String(FILE_BYTES_MAX),
  })
  const reelay = await createReelay(config, { clock, log })
  const { url } = await reelay.listen()
  const port = Number(new URL(url).port)
  const target = { url, key: reelay.adminKey }
  return {
    port,
    url,
    clock,
    log,
    reelay,
    key: reelay.adminKey,
    targets: await targetsOf(target, await hookPath(reelay, clock)),
    send: (request) => exchangeRaw(port, request),
    stagedFiles: () => readdir(join(directory, 'files', 'staging')),
    stop: async () => {
      await reelay.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Where a provider may call back about an attempt that exists. */
async function hookPath({ store }: Reelay, clock: TestClock): Promise<string> {
  const account = 'local:hooks'
  const token = 'h'.repeat(43)
  const task = newTask(clock.nowMs(), { candidates: [{ account, model: 'm' }] })
  await store.insertTask({
    task,
    account,
    dueAtMs: clock.nowMs(),
    artifacts: [],
    events: [],
    idempotency: null,
    replay: null,
    limits: { inFlightMax: null, perDayMax: null },
  })
  const lease = { owner: 'w', leaseMs: 60_000, limit: 1, perSecond: 1, burst: 1, slotsMax: null }
  const [claim] = (await store.claimDue({ ...lease, account })).claims
  assert.ok(claim)
  const { attempt, ...decision } = decideSubmit(task, 'client-token', clock.nowMs())
  assert.ok(attempt?.kind === 'open')
  const opened = { ...attempt, callbackTokenHash: hashOfKey(token) }
  const move = { ...decision, attempt: opened, claim, from: task.state, account, keepLeaseMs: 60_000 }
  assert.equal((await store.commit(move)).kind, 'committed')
  return `/hooks/local/${token}`
}

/** An id that exists, by the beginning of the path; another one for routes that remove it. */
async function targetsOf(target: { url: string; key: string }, hook: string): Promise<readonly Target[]> {
  const make = async (path: string, fields: object = {}): Promise<string> => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(fields)
    const answer = await ask(target, path, { method: 'POST', headers, body })
    const { id } = answer.json as { id?: unknown }
    assert.equal(typeof id, 'string', JSON.stringify(answer.json))
    return String(id)
  }
  const makers: Readonly<Record<string, () => Promise<string>>> = {
    '/v1/videos': () => make('/v1/videos', { prompt: 'a cat' }),
    '/v1/endpoints': () => make('/v1/endpoints', { url: 'http://93.184.215.14/' }),
    '/v1/keys': () => make('/v1/keys', { name: 'spare' }),
    '/v1/projects': () => make('/v1/projects', { name: 'spare' }),
    '/v1/models': async () => 'local/preview',
    '/v1/inputs': async () => `${await make('/v1/videos', { prompt: 'a dog' })}.0`,
    '/v1/deliveries': async () =>
      make(`/v1/endpoints/${await make('/v1/endpoints', { url: 'http://93.184.215.14/' })}/test`),
  }
  const kept = new Map<string, string>()
  const targets: Target[] = []
  for (const route of ROUTES) {
    const [prefix = '', ...more] = route.path.split('/:id')
    const keepsBody = route.path === '/hooks/:provider/:token'
    let path = keepsBody ? hook : prefix
    if (more.length > 0) {
      const id = route.method === 'DELETE' ? undefined : kept.get(prefix)
      const known = id ?? (await makers[prefix]?.()) ?? 'x'
      if (route.method !== 'DELETE') kept.set(prefix, known)
      path = `${prefix}/${known}${more.join('').replace(/^\{[^}]*\}/, '')}`
    }
    const readsBody = route.doc.requestBody !== undefined
    targets.push({ route, path, name: `${route.method} ${route.path}`, readsBody, keepsBody })
  }
  return targets
}

/**
 * What holds for every answer: it is no 5xx, names the request, and a refusal is the envelope. 501 and 505 are Node's own
 * words for what it does not speak.
 */
export function checkAnswer(answer: RawAnswer, about: string): void {
  const { status, headers, body } = answer
  const said = `${about}: ${status} ${body.subarray(0, 300).toString('utf8')}`
  assert.ok(status < 500 || status === 501 || status === 505, said)
  assert.match(headers.get('x-request-id') ?? '', /^[\w.:-]{8,128}$/, said)
  if (status < 400 || body.length === 0) return
  assert.match(headers.get('content-type') ?? '', /^application\/json/, said)
  const { error } = JSON.parse(body.toString('utf8')) as { error: Record<string, unknown> }
  assert.deepEqual(Object.keys(error).toSorted(), ['code', 'message', 'param', 'type'], said)
  assert.equal(typeof error['message'], 'string', said)
  assert.ok(!/\n\s+at |node_modules|\.ts:\d/.test(String(error['message'])), 'tells no stack')
}

/** The head of a request with the administrator's key. Header values are written as they are. */
export function headOf(
  gateway: Pick<HostileGateway, 'key'>,
  line: string,
  headers: readonly string[] = [],
): string {
  return [
    `${line} HTTP/1.1`,
    'host: reelay.test',
    `authorization: Bearer ${gateway.key}`,
    ...headers,
    '',
    '',
  ].join('\r\n')
}

export const codeOf = ({ body }: RawAnswer): unknown =>
  (JSON.parse(body.toString('utf8')) as { error?: { code?: unknown } }).error?.code

/** A head and what follows it, without joining them: what follows may have no end. */
export function* requestOf(
  head: string,
  chunks: Iterable<string | Uint8Array>,
): Generator<string | Uint8Array> {
  yield head
  yield* chunks
}

/** How many requests what is over may take to remove its files. */
const LOOKS_MAX = 100

/** What holds after every kind of input: the process answers, nothing failed inside, and no file lies about. */
export async function checkHealth(gateway: HostileGateway): Promise<void> {
  let staged: readonly string[] = []
  // A client that hangs up is gone before its request has tidied up: other requests pass meanwhile.
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const reply = await gateway.send({ chunks: ['GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'] })
    assert.equal(reply.answers[0]?.status, 200)
    staged = await gateway.stagedFiles()
    if (staged.length === 0) break
  }
  assert.deepEqual(
    gateway.log.lines.filter(({ level }) => level === 'error'),
    [],
  )
  assert.deepEqual(staged, [])
}
