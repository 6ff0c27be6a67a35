import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { type SpawnedSimulator, clipBytes, spawnSimulator } from '@reelay/simulator'
import { ask, create, untilEnded } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { hasEvent, untilCommitted } from './until-committed.ts'

const LIMIT = { timeout: 20_000 }
const CLIP = clipBytes('mp4')

const directory = await mkdtemp(join(tmpdir(), 'reelay-outage-'))
after(() => rm(directory, { recursive: true, force: true }))

type Scene = { gateway: OpenGateway; upstream: SpawnedSimulator; ledgerPath: string }

/** A gateway over a provider in a process of its own. */
async function open(t: TestContext, name: string): Promise<Scene> {
  const ledgerPath = join(directory, `${name}.jsonl`)
  const upstream = await spawnSimulator({ ledgerPath, dialect: 'comet' })
  t.after(() => upstream.stop())
  const environment = { REELAY_PROVIDERS: 'cometapi', COMETAPI_KEY: 'test-key' }
  const gateway = await openGateway({ ...environment, COMETAPI_BASE_URL: upstream.url })
  t.after(() => gateway.stop())
  return { gateway, upstream, ledgerPath }
}

async function checkCompleted(
  { gateway }: Scene,
  upstream: SpawnedSimulator,
  tasks: ReadonlyMap<string, string>,
): Promise<void> {
  const ends = await Promise.all([...tasks.keys()].map((id) => untilEnded(gateway, id)))
  const ledger = upstream.readLedger()
  for (const end of ends) {
    const prompt = tasks.get(end.id) ?? ''
    assert.deepEqual([end.status, end.error], ['completed', null], `${prompt} ${JSON.stringify(end)}`)
    const content = await ask(gateway, `/v1/videos/${end.id}/content`)
    assert.deepEqual(content.bytes, CLIP, prompt)
    const posts = ledger.filter((entry) => entry.prompt === prompt)
    assert.deepEqual(
      posts.map(({ accepted }) => accepted),
      [true],
      prompt,
    )
  }
}

async function createAll(gateway: OpenGateway, prompts: readonly string[]): Promise<Map<string, string>> {
  const tasks = new Map<string, string>()
  for (const prompt of prompts) tasks.set((await create(gateway, { model: 'wan2.6', prompt })).id, prompt)
  return tasks
}

test('the provider is killed while it is looked at, and comes back on the same port', LIMIT, async (t) => {
  const scene = await open(t, 'killed')
  const { gateway, upstream, ledgerPath } = scene
  await upstream.control({ do: 'hold', point: 'poll' })
  const prompts = ['1', '2', '3', '4'].map((number) => `killed ${number} [up:steps=queued,running:40,done]`)
  const tasks = await createAll(gateway, prompts)
  await upstream.control({ do: 'reached', point: 'poll', count: tasks.size })
  const faulted = [...tasks.keys()].map((id) =>
    untilCommitted(gateway.reelay, (move) => move.claim.taskId === id && hasEvent(move, 'poll.faulted')),
  )
  await upstream.kill()
  // Each has met the dead port or a broken connection before the provider is back.
  await Promise.all(faulted)
  const again = await spawnSimulator({ ledgerPath, dialect: 'comet', port: upstream.port })
  t.after(() => again.stop())
  await checkCompleted(scene, again, tasks)
})

const FAULTS = ['503', 'html', 'empty', 'reset', 'truncated']

test('faulty answers to looks end no task', LIMIT, async (t) => {
  const scene = await open(t, 'polls')
  const prompts = FAULTS.map((fault) => `look ${fault} [up:poll=${fault}]`)
  const tasks = await createAll(scene.gateway, [...prompts, 'look twice [up:poll=503,reset]'])
  await checkCompleted(scene, scene.upstream, tasks)
  for (const [id, prompt] of tasks) {
    const kinds = (await scene.gateway.reelay.store.timeline(id)).map(({ kind }) => kind)
    assert.ok(kinds.includes('poll.faulted'), `${prompt}: ${kinds.join(' ')}`)
  }
})

test('faulty downloads, of the link and of the content route, end no task', LIMIT, async (t) => {
  const scene = await open(t, 'downloads')
  const prompts = FAULTS.flatMap((fault) => [
    `link ${fault} [up:content=${fault}*1]`,
    `content ${fault} [up:content=${fault}*1] [up:no-url]`,
  ])
  const tasks = await createAll(scene.gateway, prompts)
  await checkCompleted(scene, scene.upstream, tasks)
  for (const [id, prompt] of tasks) {
    const kinds = (await scene.gateway.reelay.store.timeline(id)).map(({ kind }) => kind)
    assert.ok(kinds.includes('archive.faulted'), `${prompt}: ${kinds.join(' ')}`)
  }
})
