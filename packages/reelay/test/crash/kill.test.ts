import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type SpawnedSimulator, clipBytes, spawnSimulator } from '@reelay/simulator'
import { z } from 'zod'
import type { Checkpoint } from '../../src/engine/context.ts'
import { GatewayProcess } from './gateway-process.ts'

/** Each cycle ends the process at one of these; 55 cycles visit each five times or more. */
const POINTS: readonly (Checkpoint | 'create.answered' | 'submit.inflight' | 'archive.streaming')[] = [
  'create.answered',
  'submit.prepared',
  'submit.inflight',
  'submit.answered',
  'poll.answered',
  'archive.opened',
  'archive.streaming',
  'archive.kept',
  'archive.committed',
]
const CYCLES = 55
const TASKS_PER_CYCLE = 2
const A_DAY_MS = 86_400_000
const TERMINAL = new Set(['completed', 'failed', 'error'])

const directory = await mkdtemp(join(tmpdir(), 'reelay-crash-'))
after(() => rm(directory, { recursive: true, force: true }))

test(
  `${CYCLES} kills at every named point lose no accepted task and never submit one twice`,
  { timeout: 300_000 },
  async (t) => {
    const upstream = await spawnSimulator({ ledgerPath: join(directory, 'ledger.jsonl'), dialect: 'comet' })
    t.after(() => upstream.stop())
    const environment = {
      REELAY_DATA_DIR: join(directory, 'data'),
      COMETAPI_KEY: 'test-key',
      COMETAPI_BASE_URL: upstream.url,
      REELAY_PROVIDERS: 'cometapi',
    }
    const accepted = new Map<string, string>()
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      await runCycle(cycle, environment, upstream, accepted)
    }
    assert.ok(accepted.size >= CYCLES, `only ${accepted.size} creates were answered`)
    await finishAll(environment, accepted)
    const ends = await readEnds(environment, accepted)
    checkLedger(upstream, accepted, ends)
    await checkFiles(ends)
    const counts = Object.groupBy(ends.values(), (end) => end.status)
    t.diagnostic(
      `${CYCLES} kills, ${accepted.size} accepted tasks: ` +
        Object.entries(counts)
          .map(([status, tasks]) => `${tasks?.length} ${status}`)
          .join(', '),
    )
  },
)

type End = { status: string; code: string | null; sha256: string | undefined }

async function runCycle(
  cycle: number,
  environment: Record<string, string>,
  upstream: SpawnedSimulator,
  accepted: Map<string, string>,
): Promise<void> {
  const point = POINTS[cycle % POINTS.length] ?? 'create.answered'
  const gateway = await GatewayProcess.start({ ...environment, CRASH_AT: point })
  const held =
    point === 'submit.inflight' ? 'create-answer' : point === 'archive.streaming' ? 'content' : undefined
  if (held !== undefined) await upstream.control({ do: 'hold', point: held })
  for (let index = 0; index < TASKS_PER_CYCLE; index += 1) {
    const prompt = `cycle-${cycle}-${index} [up:steps=queued,running:40,done] [up:no-url]`
    const id = await gateway.create({ model: 'wan2.6', prompt })
    if (id !== undefined) accepted.set(id, prompt)
  }
  if (held !== undefined) {
    await upstream.control({ do: 'reached', point: held })
    await gateway.kill()
    await upstream.control({ do: 'release', point: held })
  } else if (point === 'create.answered') {
    await gateway.kill()
  } else {
    await gateway.ended()
  }
}

/** Lets everything end by itself; then lets the deadlines of submits with a lost answer pass. */
async function finishAll(
  environment: Record<string, string>,
  accepted: ReadonlyMap<string, string>,
): Promise<void> {
  const gateway = await GatewayProcess.start(environment)
  await Promise.all(
    [...accepted.keys()].map((id) =>
      waitFor(gateway, id, (video) => TERMINAL.has(video.status) || video.unknown),
    ),
  )
  await gateway.stop()
  const later = await GatewayProcess.start({ ...environment, CLOCK_AHEAD_MS: String(A_DAY_MS) })
  await Promise.all(
    [...accepted.keys()].map((id) => waitFor(later, id, (video) => TERMINAL.has(video.status))),
  )
  await later.stop()
}

const videoSchema = z.object({
  status: z.string(),
  error: z.object({ code: z.string() }).nullable(),
  reelay: z.object({ sha256: z.string().optional(), provider_task_id: z.string().nullable().optional() }),
})

async function waitFor(
  gateway: GatewayProcess,
  id: string,
  condition: (video: { status: string; unknown: boolean }) => boolean,
): Promise<void> {
  for (let look = 0; look < 60; look += 1) {
    const response = await fetch(`${gateway.url}/v1/videos/${id}`, {
      headers: { authorization: `Bearer rk_crash_test_key_0000000000000000000000000000`, prefer: 'wait=5' },
    })
    assert.equal(response.status, 200, `accepted task ${id} is lost`)
    const video = videoSchema.parse(await response.json())
    // Still queued after a whole wait, with no job upstream: its submit's answer was lost.
    const unknown = video.status === 'queued' && video.reelay.provider_task_id == null
    if (condition({ status: video.status, unknown })) return
  }
  assert.fail(`task ${id} did not end`)
}

async function readEnds(
  environment: Record<string, string>,
  accepted: ReadonlyMap<string, string>,
): Promise<Map<string, End>> {
  const gateway = await GatewayProcess.start(environment)
  const ends = new Map<string, End>()
  for (const id of accepted.keys()) {
    const video = videoSchema.parse(await (await gateway.get(`/v1/videos/${id}`)).json())
    ends.set(id, { status: video.status, code: video.error?.code ?? null, sha256: video.reelay.sha256 })
    if (video.status === 'completed') {
      const content = await gateway.get(`/v1/videos/${id}/content`)
      assert.equal(content.status, 200)
      const bytes = Buffer.from(await content.arrayBuffer())
      assert.equal(bytes.subarray(4, 8).toString('latin1'), 'ftyp')
    }
  }
  await gateway.stop()
  return ends
}

function checkLedger(
  upstream: SpawnedSimulator,
  accepted: ReadonlyMap<string, string>,
  ends: ReadonlyMap<string, End>,
): void {
  const jobs = upstream.readLedger().filter((entry) => entry.accepted)
  for (const [id, prompt] of accepted) {
    const own = jobs.filter((job) => job.prompt === prompt)
    const end = ends.get(id)
    assert.ok(own.length <= 1, `task ${id} was submitted ${own.length} times`)
    if (end?.status === 'completed')
      assert.equal(own.length, 1, `completed task ${id} has ${own.length} upstream jobs`)
    else
      assert.equal(end?.code, 'submit_outcome_unknown', `task ${id} ended as ${end?.status} (${end?.code})`)
  }
}

/** One file per completed task, no half-written one, nothing twice. */
async function checkFiles(ends: ReadonlyMap<string, End>): Promise<void> {
  const root = join(directory, 'data', 'files')
  assert.deepEqual(await readdir(join(root, 'staging')), [])
  const clip = clipBytes('mp4')
  for (const [id, end] of ends) {
    const names = await readdir(join(root, 'videos', id)).catch(() => [])
    const videos = names.filter((name) => name.includes('.video.'))
    assert.ok(videos.length >= (end.status === 'completed' ? 1 : 0), `${id} has no file`)
    for (const name of videos) assert.deepEqual(await readFile(join(root, 'videos', id, name)), clip)
  }
}
