import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { probeVideo } from '../../src/media/probe.ts'
import { untilVideo } from './client.ts'
import { runCommand, serve, type Served } from './command-line.ts'

const run = promisify(execFile)

const KEY = 'rk_restart_test_key_000000000000000000000000000'
const directory = await mkdtemp(join(tmpdir(), 'reelay-restart-'))
after(() => rm(directory, { recursive: true, force: true }))

const data = join(directory, 'data')
const database = join(data, 'reelay.db')
const environment = {
  REELAY_DATA_DIR: data,
  REELAY_API_KEY: KEY,
  REELAY_PROVIDERS: 'local',
  REELAY_LOG_LEVEL: 'error',
}

const client = (served: Served): Record<string, string> => ({ REELAY_URL: served.url, REELAY_API_KEY: KEY })

/** The process that owns the database. */
async function ownerOf(path: string): Promise<number> {
  const owner: unknown = JSON.parse(await readFile(`${path}.owner`, 'utf8'))
  return z.object({ pid: z.int() }).parse(owner).pid
}

/** The processes that a process started; null where the system does not tell. */
async function childrenOf(pid: number): Promise<number[] | null> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => null)
  return text === null ? null : text.split(' ').filter(Boolean).map(Number)
}

/** Until a process that this one did not start has ended; `tail` does the waiting. */
async function untilGone(pid: number): Promise<void> {
  const wait = run('tail', [`--pid=${pid}`, '-s', '0.05', '-f', '/dev/null'], { timeout: 8_000 })
  await wait.catch(() => undefined)
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Where nobody collects orphans, an ended one stays in the table.
  assert.match(stat, /^$|^\d+ \(.*\) Z/, `process ${pid} outlived its gateway`)
}

/** What the database of a stopped gateway tells about a task. */
function readDatabase(id: string): { timeline: unknown[]; attempts: Record<string, unknown>[] } {
  const opened = new DatabaseSync(database, { readOnly: true })
  try {
    const events = opened.prepare('select kind from task_events where task_id = ? order by seq').all(id)
    const attempts = opened.prepare('select n, account from attempts where task_id = ?').all(id)
    return { timeline: events.map(({ kind }) => kind), attempts }
  } finally {
    opened.close()
  }
}

async function createSlowly(served: Served): Promise<string> {
  const prompt = 'A paper boat on a pond [slow=4s]'
  const argv = ['create', prompt, '--seconds', '1', '--size', '320x180', '--json']
  const created = await runCommand(argv, client(served))
  assert.equal(created.code, 0, created.stderr)
  const video = z.object({ id: z.string(), status: z.string() }).parse(JSON.parse(created.stdout))
  assert.equal(video.status, 'queued')
  return video.id
}

test(
  'a killed gateway goes on at its next start; SIGTERM ends one; a data directory has one owner',
  { timeout: 60_000 },
  async (t) => {
    const first = await serve(environment)
    t.after(() => first.signal('SIGTERM'))
    const id = await createSlowly(first)
    await untilVideo({ url: first.url, key: KEY }, id, ({ progress }) => progress > 0)

    const owner = await ownerOf(database)
    const renderers = await childrenOf(owner)
    process.kill(owner, 'SIGKILL')
    // The launcher reports the signal as shells do, or was the gateway itself where the package is built.
    assert.ok([null, 128 + constants.signals.SIGKILL].includes((await first.gone).code))
    if (renderers !== null) {
      assert.ok(renderers.length > 0, 'nothing rendered')
      for (const renderer of renderers) await untilGone(renderer)
    }

    const second = await serve(environment)
    t.after(() => second.signal('SIGTERM'))
    const watched = await runCommand(['watch', id, '--json'], client(second))
    assert.equal(watched.code, 0, watched.stderr)
    const end = z
      .object({ id: z.string(), status: z.string(), progress: z.number() })
      .parse(JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? ''))
    assert.deepEqual(end, { id, status: 'completed', progress: 100 })

    const file = join(directory, 'out.mp4')
    const downloaded = await runCommand(['download', id, '--out', file], client(second))
    assert.equal(downloaded.code, 0, downloaded.stderr)
    const probe = await probeVideo(file)
    assert.deepEqual([probe.mime, probe.width, probe.height], ['video/mp4', 320, 180])

    const intruder = await runCommand(['serve', '--port', '0'], environment)
    assert.equal(intruder.code, 2)
    assert.match(
      intruder.stdout + intruder.stderr,
      new RegExp(`in use by .*process ${await ownerOf(database)}`),
    )

    const askedAtMs = performance.now()
    second.signal('SIGTERM')
    const stopped = await second.gone
    assert.equal(stopped.code, 0, stopped.stderr)
    assert.ok(performance.now() - askedAtMs < 10_000)

    const { timeline, attempts } = readDatabase(id)
    assert.deepEqual(
      attempts.map(({ n, account }) => [n, account]),
      [[1, 'local']],
    )
    for (const kind of ['task.created', 'submit.started', 'submit.accepted', 'archive.stored'])
      assert.equal(timeline.filter((line) => line === kind).length, 1, `${kind}: ${timeline.join(' ')}`)
  },
)
