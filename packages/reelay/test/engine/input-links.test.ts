import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineContext } from '../../src/engine/context.ts'
import type { StartRequest } from '../../src/providers/provider.ts'
import type { StartOutcome } from '../../src/task/verdict.ts'
import { newTask } from '../support/new-task.ts'
import { Harness } from './harness.ts'
import { ScriptedProvider } from './scripted-provider.ts'
import { settle } from '../support/settle.ts'

const DAY_MS = 24 * 3_600_000
const INPUT = { storageKey: 'inputs/t/0.png', mime: 'image/png', bytes: 3, sha256: '' } as const
const INPUTS = [
  { ...INPUT, role: 'first_frame' },
  { ...INPUT, role: 'last_frame' },
] as const

/** Reads the links of its files where an adapter does: before it asks whether it may send. */
class FetchingProvider extends ScriptedProvider {
  links: string[] = []

  override async start(request: StartRequest): Promise<StartOutcome> {
    this.links = request.inputs.map((input) => input.publicUrl())
    request.mayStillSend()
    return super.start(request)
  }
}

/** A request with two files. */
const REQUEST = { ...newTask(0).request, inputs: INPUTS }

const inputUrl: EngineContext['inputUrl'] = ({ taskId, index, expiresAtMs }) =>
  `https://reelay.example/${taskId}.${index}?${expiresAtMs}`

test('each file has a link of its own that lives until the deadline, and for seven days at most', async () => {
  for (const [deadlineMs, lifeMs] of [
    [DAY_MS, DAY_MS],
    [30 * DAY_MS, 7 * DAY_MS],
  ] as const) {
    const provider = new FetchingProvider()
    await using harness = await Harness.open({ scripted: provider }, { inputUrl })
    const nowMs = harness.clock.nowMs()
    const { id } = await harness.create({ request: REQUEST, deadlineAtMs: nowMs + deadlineMs })
    await harness.until(() => harness.task(id).state === 'running', 'it runs')
    const until = nowMs + lifeMs
    assert.deepEqual(provider.links, [
      `https://reelay.example/${id}.0?${until}`,
      `https://reelay.example/${id}.1?${until}`,
    ])
  }
})

test('a gateway that lost its public address sends nothing, says why, and goes on when it is back', async () => {
  const provider = new FetchingProvider()
  let isReachable = false
  await using harness = await Harness.open(
    { scripted: provider },
    { inputUrl: (link) => (isReachable ? inputUrl(link) : null) },
  )
  const { id } = await harness.create({ request: REQUEST })
  await settle()
  assert.deepEqual([harness.task(id).state, provider.starts.length], ['queued', 0])
  const told = JSON.stringify(await harness.store.timeline(id))
  assert.match(told, /REELAY_PUBLIC_URL/)
  isReachable = true
  await harness.until(() => harness.task(id).state === 'running', 'it runs')
  assert.equal(provider.starts.length, 1)
})
