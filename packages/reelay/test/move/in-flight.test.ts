import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clipBytes, spawnSimulator, type SpawnedSimulator } from '@reelay/simulator'
import { z } from 'zod'
import { runProgram } from '../../src/cli/program.ts'
import { testIo } from '../../src/cli/test-io.ts'
import { API_KEY, GatewayProcess } from '../crash/gateway-process.ts'
import { startPostgres } from '../support/real-postgres.ts'

/** `MOVE_TASKS=1000 node --test …` moves a thousand. */
const TASKS = Number(process.env['MOVE_TASKS'] ?? '60')
const CREATES_AT_A_TIME = 20
/** A look is answered as soon as the progress moves, which it does often. */
const LOOKS_MAX = 1_000
/** Every other one takes so long that the move is over before. */
const SHORT = '300ms'
const LONG = TASKS > 100 ? '45s' : '8s'

const directory = await mkdtemp(join(tmpdir(), 'reelay-in-flight-'))
after(() => rm(directory, { recursive: true, force: true }))

test(
  `${TASKS} tasks move from a file to PostgreSQL while their videos are made: none is lost or submitted twice, all end`,
  { timeout: 280_000 },
  async (t) => {
    await using server = await startPostgres({ durable: true })
    const url = await server.createDatabase('moved')
    const upstream = await spawnSimulator({ ledgerPath: join(directory, 'ledger.jsonl'), dialect: 'comet' })
    t.after(() => upstream.stop())
    const common = {
      COMETAPI_KEY: 'test-key',
      COMETAPI_BASE_URL: upstream.url,
      REELAY_PROVIDERS: 'cometapi',
      REELAY_LIMITS: 'off',
    }
    const old = { ...common, REELAY_DATA_DIR: join(directory, 'old') }
    const first = await GatewayProcess.start(old)
    t.after(() => first.kill())
    const accepted = await createTasks(first)
    // Some are over before the move, and their videos move along.
    const [early] = accepted
    assert.ok(early !== undefined)
    await untilAllCompleted(first, new Map([early]))
    await first.stop()

    const stoppedAtMs = Date.now()
    const file = join(directory, 'move.ndjson.gz')
    const exported = await reelay(['export', file], old)
    const secret = (await readFile(join(directory, 'old', 'secret'), 'utf8')).trim()
    const next = {
      ...common,
      REELAY_DATA_DIR: join(directory, 'new'),
      REELAY_DATABASE_URL: url,
      REELAY_SECRET: secret,
    }
    await reelay(['import', file], next)
    await reelay(
      ['copy-files', `file:${join(directory, 'old', 'files')}`, `file:${join(directory, 'new', 'files')}`],
      next,
    )
    await rm(join(directory, 'old', 'files'), { recursive: true })
    const second = await GatewayProcess.start(next)
    t.after(() => second.kill())
    const pauseMs = Date.now() - stoppedAtMs

    const rows = z.object({ rows: z.record(z.string(), z.number()) }).parse(exported).rows
    assert.equal(rows['tasks'], TASKS)
    const inFlight = rows['schedule'] ?? 0
    assert.ok(inFlight >= TASKS / 3, `only ${inFlight} of ${TASKS} were under way`)
    await untilAllCompleted(second, accepted)
    await checkVideos(second, accepted)
    checkLedger(upstream, accepted)
    await second.stop()
    t.diagnostic(
      `${TASKS} tasks, ${inFlight} of them under way, moved in ${pauseMs} ms without a gateway; all completed, ` +
        'each submitted once',
    )
  },
)

/** One command in this process, and its JSON. */
async function reelay(argv: readonly string[], environment: Record<string, string>): Promise<unknown> {
  const io = testIo({ env: { REELAY_API_KEY: API_KEY, ...environment } })
  assert.equal(await runProgram([...argv, '--json'], io), 0, io.stderr.text)
  return JSON.parse(io.stdout.text) as unknown
}

async function createTasks(gateway: GatewayProcess): Promise<ReadonlyMap<string, string>> {
  const accepted = new Map<string, string>()
  for (let start = 0; start < TASKS; start += CREATES_AT_A_TIME) {
    const count = Math.min(CREATES_AT_A_TIME, TASKS - start)
    await Promise.all(
      Array.from({ length: count }, async (_, offset) => {
        const index = start + offset
        const prompt = `moved-${index} [up:render=${index % 2 === 0 ? SHORT : LONG}] [up:no-url]`
        const id = await gateway.create({ model: 'wan2.6', prompt })
        assert.ok(id !== undefined, 'a create was not answered')
        accepted.set(id, prompt)
      }),
    )
  }
  return accepted
}

const videoSchema = z.object({ status: z.string(), reelay: z.object({ sha256: z.string().optional() }) })

async function untilAllCompleted(
  gateway: GatewayProcess,
  accepted: ReadonlyMap<string, string>,
): Promise<void> {
  for (const id of accepted.keys()) {
    let status = ''
    for (let look = 0; look < LOOKS_MAX && status !== 'completed'; look += 1) {
      const response = await fetch(`${gateway.url}/v1/videos/${id}`, {
        headers: { authorization: `Bearer ${API_KEY}`, prefer: 'wait=5' },
      })
      assert.equal(response.status, 200, `accepted task ${id} is lost`)
      ;({ status } = videoSchema.parse(await response.json()))
      assert.ok(!['failed', 'error'].includes(status), `task ${id} ended as ${status}`)
    }
    assert.equal(status, 'completed', id)
  }
}

/** Those that were archived before the move, too. */
async function checkVideos(gateway: GatewayProcess, accepted: ReadonlyMap<string, string>): Promise<void> {
  const expected = createHash('sha256').update(clipBytes('mp4')).digest('hex')
  for (const id of accepted.keys()) {
    const content = await gateway.get(`/v1/videos/${id}/content`)
    assert.equal(content.status, 200, id)
    assert.equal(
      createHash('sha256')
        .update(new Uint8Array(await content.arrayBuffer()))
        .digest('hex'),
      expected,
    )
  }
}

function checkLedger(upstream: SpawnedSimulator, accepted: ReadonlyMap<string, string>): void {
  const jobs = upstream.readLedger().filter((entry) => entry.accepted)
  const submits = Object.groupBy(jobs, ({ prompt }) => prompt ?? '')
  assert.equal(jobs.length, accepted.size)
  for (const prompt of accepted.values()) assert.equal(submits[prompt]?.length, 1, prompt)
}
