import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawnSimulator } from '@reelay/simulator'
import { z } from 'zod'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { API_KEY, GatewayProcess } from './gateway-process.ts'
import { FlakyReceiver } from './webhook-receiver.ts'

const TASKS = 260
/** A task that was killed around its submit never starts: its two fewer events still leave a thousand. */
const EVENTS_MIN = 1_000
const A_DAY_MS = 86_400_000
/** Each ends a process when it comes to that point for the nth time, whatever else it is doing. */
const KILLS: readonly { point: 'deliver.claimed' | 'deliver.answered'; visit: number }[] = [
  { point: 'deliver.answered', visit: 3 },
  { point: 'deliver.claimed', visit: 30 },
  { point: 'deliver.answered', visit: 50 },
  { point: 'deliver.claimed', visit: 60 },
  { point: 'deliver.answered', visit: 70 },
  { point: 'deliver.claimed', visit: 80 },
  { point: 'deliver.answered', visit: 100 },
  { point: 'deliver.answered', visit: 120 },
]
const TASKS_PER_KILL = 25
/** Ten steps like the default's, but short; the fifth attempt comes after the links of the first ones have died. */
const SCHEDULE = '0s,20ms,40ms,80ms,2500ms,2500ms,3s,3s,3s,3s'
const LINK_TTL_SECONDS = 2

const directory = await mkdtemp(join(tmpdir(), 'reelay-deliveries-'))
after(() => rm(directory, { recursive: true, force: true }))

test(
  `${KILLS.length} kills during deliveries to receivers that fail half of the time lose none of a thousand events`,
  { timeout: 240_000 },
  async (t) => {
    const start = async (extra: Record<string, string> = {}): Promise<GatewayProcess> => {
      const gateway = await GatewayProcess.start({ ...environment, ...extra })
      t.after(() => gateway.kill())
      return gateway
    }
    const secrets: Record<string, string> = {}
    const receiver = new FlakyReceiver(secrets, seededNumbers(7))
    const origin = await receiver.listen()
    t.after(() => receiver.close())
    const upstream = await spawnSimulator({ ledgerPath: join(directory, 'ledger.jsonl'), dialect: 'comet' })
    t.after(() => upstream.stop())
    const environment = {
      REELAY_DATA_DIR: join(directory, 'data'),
      COMETAPI_KEY: 'test-key',
      COMETAPI_BASE_URL: upstream.url,
      REELAY_PROVIDERS: 'cometapi',
      REELAY_WEBHOOK_SCHEDULE: SCHEDULE,
      REELAY_LINK_TTL: `${LINK_TTL_SECONDS}s`,
    }
    secrets['/endpoint'] = await createEndpoint(await start(), `${origin}/endpoint`)
    const ids: string[] = []
    for (const { point, visit } of KILLS) {
      const gateway = await start({ CRASH_AT: point, CRASH_VISIT: String(visit) })
      await createTasks(gateway, origin, ids, ids.length + TASKS_PER_KILL)
      await gateway.ended()
    }
    const gateway = await start()
    await createTasks(gateway, origin, ids, TASKS)
    const started = await untilEnded(gateway, ids)
    const isStarted = new Set(started)
    await untilAccepted(receiver, expectedOf(ids, isStarted, 'completed'))
    const late = await checkLinks(receiver)
    checkTimestamps(receiver)
    await gateway.stop()
    // What was killed around its submit waits for its deadline: a day later it has passed.
    await start({ CLOCK_AHEAD_MS: String(A_DAY_MS) })
    const expected = expectedOf(ids, isStarted, 'ended')
    await untilAccepted(receiver, expected)
    assert.deepEqual([...receiver.accepted.keys()].toSorted(), expected.toSorted())
    assert.ok(expected.length >= EVENTS_MIN, `only ${expected.length} events`)
    const requests = receiver.calls.length
    const accepted = [...receiver.accepted.values()]
    const duplicates = accepted.reduce((sum, count) => sum + count - 1, 0)
    t.diagnostic(
      `${accepted.length} of ${expected.length} events delivered in ${requests} requests through ${KILLS.length} kills, ` +
        `${duplicates} of them twice; ${late} links of late retries opened`,
    )
  },
)

const call = (gateway: GatewayProcess, path: string, body: object): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function createEndpoint(gateway: GatewayProcess, url: string): Promise<string> {
  const response = await call(gateway, '/v1/endpoints', { url, events: ['*'] })
  const answer: unknown = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  await gateway.stop()
  return z.object({ secret: z.string() }).parse(answer).secret
}

/** Until there are so many, or the process dies: what it accepted without an answer is asked for again by its key. */
async function createTasks(
  gateway: GatewayProcess,
  origin: string,
  ids: string[],
  countMax: number,
): Promise<void> {
  while (ids.length < countMax) {
    const index = ids.length
    const prompt = `delivered-${index} [up:steps=queued,running:40,done] [up:no-url]`
    const fields = { model: 'wan2.6', prompt, callback_url: `${origin}/callback/${index}` }
    const id = await gateway.create(fields, { 'idempotency-key': `delivered-${index}` })
    if (id === undefined) return
    ids.push(id)
  }
}

const videoSchema = z.object({ status: z.string() })

/** The ids that completed; the others wait, their submit's answer lost. */
async function untilEnded(gateway: GatewayProcess, ids: readonly string[]): Promise<readonly string[]> {
  const statuses = await Promise.all(
    ids.map(async (id) => {
      for (let look = 0; look < 12; look += 1) {
        const response = await fetch(`${gateway.url}/v1/videos/${id}`, {
          headers: { authorization: `Bearer ${API_KEY}`, prefer: 'wait=5' },
        })
        const { status } = videoSchema.parse(await response.json())
        if (status === 'completed' || (status === 'queued' && look > 0)) return status
      }
      return 'lost'
    }),
  )
  assert.ok(!statuses.includes('lost'), 'a task did not end')
  return ids.filter((_id, index) => statuses[index] === 'completed')
}

/** Each status once at the endpoint, and the last one at the callback too. */
function expectedOf(
  ids: readonly string[],
  started: ReadonlySet<string>,
  upTo: 'completed' | 'ended',
): readonly string[] {
  return ids.flatMap((id, index) => {
    const event = `evt_${id.slice('video_'.length)}`
    const end = started.has(id) ? 'completed' : 'error'
    const last = [`/endpoint ${event}_${end}`, `/callback/${index} ${event}_${end}`]
    return [
      `/endpoint ${event}_queued`,
      ...(started.has(id) ? [`/endpoint ${event}_in_progress`] : []),
      ...(started.has(id) || upTo === 'ended' ? last : []),
    ]
  })
}

/** The receivers' own ledger decides, not what the gateway says of itself. The test's time limit bounds it. */
async function untilAccepted(receiver: FlakyReceiver, expected: readonly string[]): Promise<void> {
  while (expected.some((key) => !receiver.accepted.has(key))) await receiver.nextCall()
  assert.deepEqual(receiver.faults, [])
}

/** Every retry is signed afresh. */
function checkTimestamps(receiver: FlakyReceiver): void {
  for (const { timestamp, atMs } of receiver.calls) {
    assert.ok(Math.abs(atMs / 1_000 - timestamp) < 10, 'a timestamp is not that of its attempt')
  }
}

/** What was accepted after the first link of its event had died came with one that opens. Answers how many there were. */
async function checkLinks(receiver: FlakyReceiver): Promise<number> {
  const firstLinks = new Map<string, string>()
  let late = 0
  for (const { path, eventId, atMs, link, body } of receiver.calls) {
    const url = body.result?.video_url
    if (url === undefined) continue
    const opened = await link
    // On a machine that is busy for longer than the link lives, it is dead by the time it is tried.
    const isInTime = opened !== undefined && opened.atMs < expiryOf(url)
    if (isInTime) assert.equal(opened.status, 206, `the link of ${eventId} answered ${opened.status}`)
    const key = `${path} ${eventId}`
    if (isInTime && atMs > expiryOf(firstLinks.get(key) ?? url)) late += 1
    if (!firstLinks.has(key)) firstLinks.set(key, url)
  }
  assert.ok(late > 0, 'no event was refused for so long that its first link died')
  return late
}

const expiryOf = (link: string): number => Number(new URL(link).searchParams.get('exp')) * 1_000
