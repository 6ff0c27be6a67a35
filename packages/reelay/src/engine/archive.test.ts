import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import { Harness } from '../../test/engine/harness.ts'
import { deadLink, done, ScriptedProvider } from '../../test/engine/scripted-provider.ts'
import { StorageFull, StorageUnavailable, type StagedFile } from '../files/files.ts'
import type { OpenedOutput, Provider } from '../providers/provider.ts'
import type { Operation, Verdict } from '../task/verdict.ts'
import type { EngineContext, Inspector } from './context.ts'
import { Slots } from './slots.ts'

const VIDEO = new TextEncoder().encode('video bytes')
const DAY_MS = 86_400_000

const inspector: Inspector = {
  probe: () =>
    Promise.resolve({ mime: 'video/mp4', width: 320, height: 180, durationMs: 1_000, codec: 'avc' }),
  poster: async ({ posterPath, sheetPath, sheetFramesMax }) => {
    await writeFile(posterPath, 'picture')
    await writeFile(sheetPath, 'pictures')
    return { width: 32, height: 18, sheet: { width: 24, height: 12, frames: sheetFramesMax } }
  },
}

function finished(script: Partial<ScriptedProvider> = {}): ScriptedProvider {
  return Object.assign(new ScriptedProvider(), { probeScript: [done], openScript: [VIDEO], ...script })
}

const open = (scripted: ScriptedProvider, overrides: Partial<EngineContext> = {}): Promise<Harness> =>
  Harness.open({ scripted }, { inspector, ...overrides })

/** Names in the staging directory, which a staged file of a test's own points at. */
async function stagingNames(harness: Harness): Promise<readonly string[]> {
  const staged = await harness.files.stage()
  const names = await readdir(dirname(staged.path))
  await staged.discard()
  return names.filter((name) => name !== basename(staged.path))
}

/** Lets the next `count` files under a key that matches fail as on a full disk. */
function fillDisk(harness: Harness, key: RegExp, count: number): void {
  let left = count
  const stage = harness.files.stage.bind(harness.files)
  harness.files.stage = async (): Promise<StagedFile> => {
    const staged = await stage()
    const keep = staged.keep.bind(staged)
    staged.keep = (wanted) => {
      if (left === 0 || !key.test(wanted)) return keep(wanted)
      left -= 1
      return Promise.reject(new StorageFull('the disk is full'))
    }
    return staged
  }
}

test('a video is kept with its poster and its sheet, and nothing stays in the staging directory', async () => {
  await using harness = await open(finished())
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  const artifacts = await harness.store.artifacts(id)
  assert.deepEqual(
    artifacts.map(({ role, bytes, durationMs }) => [role, bytes, durationMs]),
    [
      ['spritesheet', 8, 200],
      ['thumbnail', 7, null],
      ['video', 11, 1_000],
    ],
  )
  assert.deepEqual(await stagingNames(harness), [])
})

test('what was kept before the disk was full is removed; only the winner’s files stay', async () => {
  await using harness = await open(finished())
  fillDisk(harness, /\.video\./, 2)
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  const artifacts = await harness.store.artifacts(id)
  const names = artifacts.map(({ storageKey }) => basename(storageKey)).toSorted()
  assert.equal(names.length, 3)
  assert.deepEqual((await harness.files.names(`videos/${id}`)).toSorted(), names)
  assert.deepEqual(await stagingNames(harness), [])
})

test('a poster that cannot be kept fails no video and leaves nothing staged', async () => {
  const lost: Inspector = { ...inspector, poster: () => Promise.resolve({ width: 32, height: 18 }) }
  await using harness = await open(finished(), { inspector: lost })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  assert.deepEqual(
    (await harness.store.artifacts(id)).map(({ role }) => role),
    ['video'],
  )
  assert.deepEqual(await stagingNames(harness), [])
})

test('a sheet that cannot be kept costs neither the poster nor the video', async () => {
  const lost: Inspector = {
    ...inspector,
    poster: async ({ posterPath }) => {
      await writeFile(posterPath, 'picture')
      return { width: 32, height: 18, sheet: { width: 24, height: 12, frames: 5 } }
    },
  }
  await using harness = await open(finished(), { inspector: lost })
  const { id } = await harness.create()
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  const roles = (await harness.store.artifacts(id)).map(({ role }) => role)
  assert.deepEqual(roles, ['thumbnail', 'video'])
  assert.deepEqual(await stagingNames(harness), [])
})

test('the codecs of a file are kept as the probe names them', async () => {
  const codecs = 'hvc1.1.6.L93.B0, mp4a.40.2'
  const probe: Inspector['probe'] = async (path) => ({ ...(await inspector.probe(path)), codecs })
  await using harness = await open(finished(), { inspector: { ...inspector, probe } })
  const { id } = await harness.create()
  await harness.untilEnded(id)
  const video = (await harness.store.artifacts(id)).find(({ role }) => role === 'video')
  assert.equal(video?.codec, codecs)
})

test('a synchronous provider’s output is archived without a single look', async () => {
  const operation = { providerTaskId: 'job' }
  const outputs = [{ role: 'video', ref: 'x' }] as const
  const provider = finished({ startScript: [{ kind: 'done', operation, outputs }], probeScript: [] })
  await using harness = await open(provider)
  const { id } = await harness.create()
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, provider.probes, provider.opens], ['completed', 0, 1])
  assert.deepEqual(task.attempt?.operation, operation)
})

test('an archive removes what earlier holders of its lease left, never what a later one keeps', async () => {
  await using harness = await open(finished())
  const { id } = await harness.create()
  const keep = async (name: string): Promise<void> => {
    const staged = await harness.files.stage()
    await staged.write(chunks(VIDEO), 100)
    await staged.keep(`videos/${id}/${name}`)
  }
  await keep('1.0.video.0.mp4')
  await keep('0.0.thumbnail.0.jpg')
  await keep('1.999.video.0.mp4')
  assert.equal((await harness.untilEnded(id)).state, 'completed')
  const own = (await harness.store.artifacts(id)).map(({ storageKey }) => basename(storageKey))
  assert.deepEqual(
    (await harness.files.names(`videos/${id}`)).toSorted(),
    [...own, '1.999.video.0.mp4'].toSorted(),
  )
})

test('while the storage is away a task waits, and is not told that its download failed', async () => {
  await using harness = await open(finished())
  let isAway = true
  const stage = harness.files.stage.bind(harness.files)
  harness.files.stage = () =>
    isAway ? Promise.reject(new StorageUnavailable('the bucket is away')) : stage()
  const { id } = await harness.create()
  await harness.until(() => harness.task(id).state === 'archiving', 'it archives')
  const { deadlineAtMs } = harness.task(id)
  await harness.pass(10 * 60_000)
  const waiting = harness.task(id)
  assert.deepEqual([waiting.state, waiting.faults], ['archiving', 1])
  assert.ok(waiting.deadlineAtMs > deadlineAtMs, 'nothing runs out meanwhile')
  isAway = false
  assert.equal((await harness.untilEnded(id)).state, 'completed')
})

/** What a provider may send in place of a video. */
const BAD: Readonly<Record<string, Partial<OpenedOutput>>> = {
  'an empty output': { bytes: null, body: chunks() },
  'an output that is cut short': { bytes: 12 },
  'an output that is longer than declared': { bytes: 10 },
  'an output over the size limit': {
    bytes: null,
    body: chunks(new Uint8Array(600_000), new Uint8Array(600_000)),
  },
}

function chunks(...parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ReadableStream.from(parts)[Symbol.asyncIterator]() }
}

async function endsWithoutVideo(provider: ScriptedProvider, overrides: Partial<EngineContext> = {}) {
  await using harness = await open(provider, overrides)
  const { id, createdAtMs } = await harness.create()
  await harness.until(() => harness.task(id).state === 'archiving', 'it archives')
  const { deadlineAtMs } = harness.task(id)
  assert.ok(deadlineAtMs <= createdAtMs + DAY_MS + 60_000)
  await harness.pass(10 * 60_000)
  assert.ok(['archiving', 'running'].includes(harness.task(id).state))
  harness.clock.advance(deadlineAtMs - harness.clock.nowMs())
  const task = await harness.untilEnded(id)
  assert.deepEqual([task.state, task.error?.code], ['error', 'output_lost'])
  assert.ok(task.completedAtMs! - deadlineAtMs < 120_000)
  assert.deepEqual(await harness.store.artifacts(id), [])
  assert.deepEqual(await stagingNames(harness), [])
}

for (const [what, bad] of Object.entries(BAD)) {
  test(`${what} is never archived, and the task ends when its bytes stay bad`, async () => {
    const provider = finished()
    provider.open = () => Promise.resolve({ bytes: 11, body: chunks(VIDEO), close: () => {}, ...bad })
    await endsWithoutVideo(provider)
  })
}

test('bytes that are no video are never archived', async () => {
  const strict: Inspector = { ...inspector, probe: () => Promise.reject(new Error('<html>')) }
  await endsWithoutVideo(finished(), { inspector: strict })
})

test('a link that stays dead ends its task a day after the first success, not never', async () => {
  await endsWithoutVideo(finished({ openScript: [deadLink()] }))
})

test('of videos that wait for their turn, the one whose link dies first is fetched first', async () => {
  const links: readonly (readonly [name: string, lifeMs: number | null])[] = [
    ['first', 2 * DAY_MS],
    ['in two days', 2 * DAY_MS],
    ['nobody knows', null],
    ['in half an hour', DAY_MS / 48],
    ['tomorrow', DAY_MS],
  ]
  const opened: string[] = []
  const gate = Promise.withResolvers<void>()
  const scripted = finished()
  const slots = new Slots(1)
  await using harness = await open(scripted, {
    downloads: { slots, room: new Slots(8_000_000), bytesMax: 1_000_000 },
  })
  const nowMs = harness.clock.nowMs()
  scripted.start = async (request) => {
    scripted.starts.push(request)
    return { kind: 'accepted', operation: { providerTaskId: `job-${scripted.starts.length}` } }
  }
  scripted.probe = async (operation?: Operation): Promise<Verdict> => {
    const place = Number(operation?.providerTaskId.slice('job-'.length)) - 1
    const [name, lifeMs] = links[place] ?? ['?', null]
    const expires = lifeMs === null ? {} : { expiresAtMs: nowMs + lifeMs }
    return { kind: 'done', outputs: [{ role: 'video', ref: name }], ...expires }
  }
  const openVideo = scripted.open.bind(scripted)
  scripted.open = async (output) => {
    opened.push(output.ref)
    if (output.ref === 'first') await gate.promise
    return openVideo(output)
  }
  const [first, ...others] = links
  const ids = [(await harness.create()).id]
  await harness.until(() => opened.length === 1, `${first?.[0]} is being fetched`)
  for (const _ of others) ids.push((await harness.create()).id)
  await harness.until(() => slots.waiting === others.length, 'the others wait')
  gate.resolve()
  await harness.until(() => ids.every((id) => harness.task(id).state === 'completed'), 'all are here')
  assert.deepEqual(opened, ['first', 'in half an hour', 'nobody knows', 'tomorrow', 'in two days'])
})

for (const [what, bytes] of [
  ['that say how large they are', VIDEO.byteLength],
  ['whose size nobody tells', null],
] as const) {
  test(`videos ${what} have no more room on the disk than may be, and wait without a connection`, async () => {
    const scripted = finished()
    const gates = new Map<string, PromiseWithResolvers<void>>()
    const connected = new Set<string>()
    scripted.start = async ({ clientToken }) => ({
      kind: 'accepted',
      operation: { providerTaskId: clientToken },
    })
    const openHeld: Provider['open'] = async (_output, { providerTaskId }) => {
      connected.add(providerTaskId)
      const gate = gates.get(providerTaskId) ?? Promise.withResolvers<void>()
      gates.set(providerTaskId, gate)
      return {
        bytes,
        close: () => connected.delete(providerTaskId),
        body: (async function* () {
          await gate.promise
          yield VIDEO
        })(),
      }
    }
    Object.assign(scripted, { open: openHeld })
    const bytesMax = VIDEO.byteLength + 5
    const room = new Slots(2 * (bytes ?? bytesMax))
    await using harness = await open(scripted, { downloads: { slots: new Slots(8), room, bytesMax } })
    const ids = [(await harness.create()).id, (await harness.create()).id, (await harness.create()).id]
    await harness.until(() => room.waiting === 1, 'one waits')
    await harness.pass(5_000)
    assert.deepEqual([gates.size, connected.size], [3, 2])
    for (const job of connected) gates.get(job)?.resolve()
    await harness.until(() => room.waiting === 0, 'it has room')
    for (const gate of gates.values()) gate.resolve()
    await harness.until(() => ids.every((id) => harness.task(id).state === 'completed'), 'all are here')
    assert.equal(connected.size, 0)
    assert.ok(room.tryTake(2 * (bytes ?? bytesMax)), 'all room is free again')
  })
}
