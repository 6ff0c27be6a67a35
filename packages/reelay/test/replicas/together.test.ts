import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { systemClock } from '../../src/system/clock.ts'
import { API_KEY, type GatewayProcess } from '../crash/gateway-process.ts'
import { Fleet, type FleetOptions, type Replica } from './fleet.ts'

const AN_HOUR_MS = 3_600_000
const PUBLIC_URL = 'https://reelay.example'
/** Long enough that an answer at the change differs from one at the end of the time, on any machine. */
const WAIT_SECONDS = 20
const SILENT_WAIT_SECONDS = 6

/** Its jobs have an address each. Nobody looks unless a callback asks for it: looks are an hour apart. */
const REPLICATE: FleetOptions = {
  dialect: 'replicate',
  leaseMs: 30_000,
  settingsOf: ({ url, filesUrl }) => ({
    REPLICATE_API_TOKEN: 'test-key',
    REPLICATE_BASE_URL: url,
    REELAY_PROVIDERS: 'replicate',
    REELAY_ALLOW_HOSTS: new URL(filesUrl).host,
    REELAY_PUBLIC_URL: PUBLIC_URL,
    LOOK_MS: String(AN_HOUR_MS),
  }),
}

let fleet: Fleet
let api: Replica
let both: Replica
let worker: Replica

before(async () => {
  fleet = await Fleet.open(REPLICATE)
  ;[api, both, worker] = await Promise.all([
    fleet.start({ REELAY_ROLE: 'api' }),
    fleet.start(),
    fleet.start({ REELAY_ROLE: 'worker' }),
  ])
})

after(() => fleet[Symbol.asyncDispose]())

const videoSchema = z.object({ status: z.string(), progress: z.number() })
const readySchema = z.object({
  status: z.string(),
  detail: z.object({ processes: z.array(z.object({ id: z.string(), role: z.string() })) }).optional(),
})

let created = 0

/** A task whose job runs, and the address that its provider was given. */
async function running(gateway: GatewayProcess): Promise<{ id: string; path: string }> {
  created += 1
  const prompt = `together-${created} [up:steps=done] [up:callback=lost]`
  const id = await gateway.create({ model: 'google/veo-3.1', prompt })
  assert.ok(id !== undefined)
  await fleet.audit.untilState(id, ['running'])
  const entry = fleet.upstream.readLedger().find((line) => line.prompt === prompt)
  const address = entry?.callbackUrl ?? ''
  assert.ok(address.startsWith(PUBLIC_URL), `the address of the job is ${address}`)
  return { id, path: address.slice(PUBLIC_URL.length) }
}

/** As the provider tells that something happened. */
async function callBack(gateway: GatewayProcess, path: string): Promise<void> {
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}' })
  assert.equal(response.status, 200, await response.text())
}

async function waitFor(gateway: GatewayProcess, id: string, seconds: number): Promise<{ status: string }> {
  const headers = { authorization: `Bearer ${API_KEY}`, prefer: `wait=${seconds}` }
  const response = await fetch(`${gateway.url}/v1/videos/${id}`, { headers })
  return videoSchema.parse(await response.json())
}

test('a callback may reach any process that answers requests, whoever made the task and whoever looks', async () => {
  const gateways = [api.gateway, both.gateway]
  for (const [index, maker] of gateways.entries()) {
    for (const other of gateways) {
      const { id, path } = await running(maker)
      await callBack(other, path)
      await fleet.audit.untilState(id, ['completed'])
      const kept = 'select count(*) from callbacks_in where task_id = $1'
      assert.equal(await fleet.audit.count(kept, [id]), 1, `maker ${index}`)
    }
  }
  assert.deepEqual(await fleet.audit.violations(), { doubleClaims: 0, brokenFences: 0, changedEnds: 0 })
})

test('a held answer is given at the change that another process makes', async () => {
  const { id, path } = await running(api.gateway)
  const startedMs = systemClock.monotonicMs()
  const held = waitFor(api.gateway, id, WAIT_SECONDS)
  await callBack(both.gateway, path)
  const { status } = await held
  const tookMs = systemClock.monotonicMs() - startedMs
  assert.notEqual(status, 'queued')
  assert.ok(tookMs < (WAIT_SECONDS * 1_000) / 2, `answered after ${tookMs} ms`)
  await fleet.audit.untilState(id, ['completed'])
})

test('a held answer is right at the end of its time when nobody hears of changes', async () => {
  const { id, path } = await running(api.gateway)
  const over = new AbortController()
  const silence = async (): Promise<void> => {
    const listeners = `select pg_terminate_backend(pid), pg_sleep(0.02) from pg_stat_activity
      where application_name = 'reelay listener'`
    while (!over.signal.aborted) await fleet.audit.rows(listeners)
  }
  const silenced = silence()
  let early: string | undefined
  const held = waitFor(api.gateway, id, SILENT_WAIT_SECONDS).then(({ status }) => {
    early = status
    return status
  })
  try {
    await callBack(both.gateway, path)
    await fleet.audit.untilState(id, ['completed'])
    // On a machine that is busy for longer than the wait, it was over before anything had changed.
    const isInTime = early === undefined
    const status = await held
    if (isInTime) assert.ok(['in_progress', 'completed'].includes(status), status)
  } finally {
    over.abort()
    await silenced
  }
  assert.equal((await waitFor(api.gateway, id, 0)).status, 'completed')
})

test('a process for requests works on nothing, and one for work answers no clients', async () => {
  const leases = 'select count(*) from audit_leases where owner = $1'
  assert.equal(await fleet.audit.count(leases, [api.owner]), 0)
  const others = 'select count(*) from audit_leases where owner = any($1)'
  assert.ok((await fleet.audit.count(others, [[both.owner, worker.owner]])) > 0)
  assert.equal((await worker.gateway.get('/healthz')).status, 200)
  assert.equal((await worker.gateway.get('/v1/videos')).status, 404)
})

test('the processes are shown to administrators, and to nobody else', async () => {
  const count = 'select count(*) from instances'
  await fleet.audit.until(count, [], (instances) => instances === 3)
  const ready = readySchema.parse(await (await both.gateway.get('/readyz')).json())
  const roles = ready.detail?.processes.map(({ id, role }) => [id, role]).toSorted()
  assert.deepEqual(roles, [
    [api.owner, 'api'],
    [both.owner, 'all'],
    [worker.owner, 'worker'],
  ])
  const open = readySchema.parse(await (await fetch(`${both.gateway.url}/readyz`)).json())
  assert.equal(open.detail, undefined)
  await worker.gateway.stop()
  await fleet.audit.until(count, [], (instances) => instances === 2)
})
