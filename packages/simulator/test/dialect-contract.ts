import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { noAuth } from '../src/auth.ts'
import { DIALECTS } from '../src/dialects/dialects.ts'
import type { FaultPoint } from '../src/fault.ts'
import { ANSWER_FAULTS } from '../src/faults.ts'
import { isTerminal, type Phase } from '../src/phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts'
import { spawnSimulator } from '../src/spawn-simulator.ts'
import { summarise } from '../src/summarise.ts'
import { callbackContract } from './callback-contract.ts'
import { CLIP, resultOf, send, type Ask, type DialectSubject, type Reply } from './dialect-subject.ts'
import { checkStrike, ENDLESS, strike } from './strikes.ts'
import { failureCode } from './test-client.ts'
import { TestClock } from './test-clock.ts'

export type { Ask, DialectSubject, Reply } from './dialect-subject.ts'

/** A case that hangs fails. */
const TIMEOUT_MS = 30_000
const ENDED: readonly (Phase | null)[] = ['cancelled', 'failed', null]

async function started(
  context: TestContext,
  subject: DialectSubject,
  options: SimulatorOptions = {},
): Promise<Simulator> {
  const keys = [subject.key ?? 'key-1']
  const simulator = await startSimulator({ dialect: subject.dialect, dripMs: 1, keys, ...options })
  context.after(() => simulator.close())
  return simulator
}

async function create(subject: DialectSubject, url: string, prompt: string): Promise<string> {
  const reply = await send(subject, url, subject.create(prompt, {}))
  const id = subject.idOf(reply)
  assert.notEqual(id, '', `The create was answered ${reply.status} ${reply.text}`)
  return id
}

/** The phase that the next poll shows. */
async function phase(subject: DialectSubject, url: string, id: string): Promise<Phase | null> {
  assert.ok(subject.poll !== null)
  return subject.phaseOf(await send(subject, url, subject.poll(id)))
}

/** A task that has ended well. */
async function finished(subject: DialectSubject, url: string, markers = ''): Promise<string> {
  const id = await create(subject, url, `[up:steps=done]${markers}`)
  if (subject.poll !== null) assert.equal(await phase(subject, url, id), 'done')
  return id
}

/** What every dialect must do, whatever its provider is like. */
export function dialectContract(subject: DialectSubject): void {
  const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
    test(`${subject.name ?? subject.dialect}: ${title}`, { timeout: TIMEOUT_MS }, body)
  }
  phases(subject, it)
  refusals(subject, it)
  faults(subject, it)
  money(subject, it)
  ends(subject, it)
  if (DIALECTS[subject.dialect].callback !== undefined && subject.callsBack !== false)
    callbackContract(subject, it)
}

export type It = (title: string, body: (context: TestContext) => Promise<void>) => void

function phases(subject: DialectSubject, it: It): void {
  const shown = (name: Phase): Phase => (subject.hidden?.includes(name) === true ? 'running' : name)

  it('a task goes through its phases, and its bytes are the clip', async (context) => {
    const { url, ledger } = await started(context, subject)
    const id = await create(subject, url, 'a boat')
    if (subject.poll !== null) {
      for (const expected of ['queued', 'running', 'done'] as const) {
        assert.equal(await phase(subject, url, id), shown(expected))
      }
    }
    assert.ok(CLIP.equals(await resultOf(subject, url, id)))
    assert.deepEqual(
      ledger.map((entry) => [entry.prompt, entry.id, entry.accepted, entry.repeated, entry.dialect]),
      [['a boat', id, true, false, subject.dialect]],
    )
    assert.notEqual(ledger[0]!.model, '')
  })

  it('by the clock a task goes on without being asked', async (context) => {
    if (subject.poll === null) return
    // Signed requests tell the time, so this clock must not be wrong.
    const clock = new TestClock(Date.now())
    const { url } = await started(context, subject, { clock, render: { kind: 'timed', speed: 1 } })
    const id = await create(subject, url, '[up:render=16s]')
    assert.equal(await phase(subject, url, id), shown('queued'))
    clock.advance(8_000)
    assert.equal(await phase(subject, url, id), 'running')
    clock.advance(8_000)
    assert.equal(await phase(subject, url, id), 'done')
    assert.ok(CLIP.equals(await resultOf(subject, url, id)))
  })

  it('a failure is told as one, with its message', async (context) => {
    if (subject.poll === null) return
    const { url } = await started(context, subject)
    const id = await create(subject, url, '[up:steps=failed][up:failed=the cat walked away]')
    const polled = await send(subject, url, subject.poll(id))
    const looked = subject.look === undefined ? null : await send(subject, url, subject.look(id))
    assert.ok(
      [subject.phaseOf(polled), looked === null ? null : subject.phaseOf(looked)].includes('failed'),
      polled.text,
    )
    assert.match(polled.text + (looked?.text ?? ''), subject.failure ?? /the cat walked away/u)
  })

  it('a prompt can leave the link out, and give another', async (context) => {
    const { link } = subject
    if (link === undefined) return
    const { url } = await started(context, subject)
    const asker = (ask: Ask): Promise<Reply> => send(subject, url, ask)
    const given = await finished(subject, url, '[up:url=https://192.0.2.7/x.mp4]')
    assert.equal(await link(given, asker), 'https://192.0.2.7/x.mp4')
    const none = await finished(subject, url, '[up:no-url]')
    assert.doesNotMatch(await link(none, asker).catch(() => ''), /^https?:/u)
  })

  it('a link dies when it is told to', async (context) => {
    if (subject.link === undefined) return
    const clock = new TestClock()
    const { url } = await started(context, subject, { clock })
    const id = await finished(subject, url, '[up:link-ttl=60s]')
    const link = await subject.link(id, (ask) => send(subject, url, ask))
    assert.equal((await fetch(link)).status, 200)
    clock.advance(60_000)
    assert.equal((await fetch(link)).status, 403)
  })

  it('the other origin must not see the key', async (context) => {
    if (subject.link === undefined || DIALECTS[subject.dialect].results.origin === 'own') return
    const { url, filesUrl, leaks } = await started(context, subject)
    const id = await finished(subject, url)
    const link = await subject.link(id, (ask) => send(subject, url, ask))
    assert.ok(link.startsWith(`${filesUrl}/`), link)
    assert.equal(leaks.length, 0)
    await fetch(link, { headers: { authorization: 'Bearer key-1' } })
    assert.equal(leaks.length, 1)
  })
}

function refusals(subject: DialectSubject, it: It): void {
  it('an unknown id is no task', async (context) => {
    if (subject.poll === null) return
    const { url } = await started(context, subject)
    const id = await create(subject, url, 'one')
    const unknown = /\d$/u.test(id) ? id.replace(/\d$/u, id.endsWith('1') ? '2' : '1') : `${id.slice(0, -1)}0`
    assert.equal(await phase(subject, url, unknown), null)
    assert.equal(await phase(subject, url, id), subject.hidden?.includes('queued') ? 'running' : 'queued')
  })

  it('a wrong key makes nothing and sees nothing', async (context) => {
    if (DIALECTS[subject.dialect].auth === noAuth) return
    const { url, ledger } = await started(context, subject)
    const key = subject.wrongKey ?? 'wrong-key'
    await send(subject, url, subject.create('stolen', {}), { key })
    assert.deepEqual(
      ledger.map((entry) => [entry.accepted, entry.id]),
      [[false, null]],
    )
    const id = await create(subject, url, 'mine')
    if (subject.poll === null) return
    assert.equal(subject.phaseOf(await send(subject, url, subject.poll(id), { key })), null)
    assert.equal(await phase(subject, url, id), subject.hidden?.includes('queued') ? 'running' : 'queued')
  })

  it('a marker nobody knows is refused aloud', async (context) => {
    const { url, ledger } = await started(context, subject)
    const reply = await send(subject, url, subject.create('[up:stpes=done]', {}))
    assert.match(reply.text, /Unknown marker/u)
    assert.equal(ledger[0]!.accepted, false)
  })
}

type Prepare = (url: string) => Promise<Ask>

/** How to meet each point that the dialect has. */
function points(subject: DialectSubject): [FaultPoint, Prepare][] {
  const done = (ask: ((id: string) => Ask) | null | undefined): Prepare | undefined =>
    ask === undefined || ask === null ? undefined : async (url) => ask(await finished(subject, url))
  const running = (ask: ((id: string) => Ask) | undefined): Prepare | undefined =>
    ask === undefined ? undefined : async (url) => ask(await create(subject, url, '[up:steps=running]'))
  const { link } = subject
  const all: Partial<Record<FaultPoint, Prepare | undefined>> = {
    create: async () => subject.create('a boat', {}),
    poll: done(subject.poll),
    look: done(subject.look),
    content: done(subject.content),
    cancel: running(subject.cancel),
    delete: done(subject.remove),
    link:
      link === undefined
        ? undefined
        : async (url) => {
            const id = await finished(subject, url)
            return { path: await link(id, (ask) => send(subject, url, ask)) }
          },
  }
  return Object.entries(all).flatMap(([point, prepare]): [FaultPoint, Prepare][] =>
    prepare === undefined ? [] : [[point as FaultPoint, prepare]],
  )
}

function faults(subject: DialectSubject, it: It): void {
  const { idKeys } = DIALECTS[subject.dialect]
  for (const [point, prepare] of points(subject)) {
    it(`every fault strikes a ${point} as it is named`, async (context) => {
      const simulator = await started(context, subject)
      const { url, ledger } = simulator
      const clean = await send(subject, url, await prepare(url))
      for (const fault of ANSWER_FAULTS) {
        const ask = await prepare(url)
        const count = ledger.length
        simulator.fault({ point, fault })
        const giveUp = new AbortController()
        const seen = simulator.requests.filter((request) => request.fault === fault).length
        const asked = send(subject, url, ask, { signal: giveUp.signal })
        if (ENDLESS.includes(fault)) {
          void simulator
            .untilRequest((request) => request.fault === fault, seen + 1)
            .then(() => giveUp.abort())
        }
        const struck = await strike(asked, { clean, idKeys })
        checkStrike(fault, struck)
        assert.equal(ledger.length, point === 'create' ? count + 1 : count, fault)
      }
    })
  }

  it('a create that is lost after it was accepted is there, and one that was lost before is not', async (context) => {
    const simulator = await started(context, subject)
    const { url, ledger } = simulator
    for (const fault of ['reset', 'reset-after-accept', 'noid-after-accept', '503-after-accept', '503']) {
      const prompt = `[up:create=${fault}]`
      await failureCode(send(subject, url, subject.create(prompt, {})))
      const entry = ledger.at(-1)!
      assert.deepEqual([entry.fault, entry.accepted], [fault, fault.endsWith('-after-accept')])
      if (subject.poll === null || entry.id === null) continue
      assert.notEqual(await phase(subject, url, entry.id), null)
    }
  })
}

function money(subject: DialectSubject, it: It): void {
  const { repeats } = DIALECTS[subject.dialect]

  it('a create that is accepted twice makes two jobs', async (context) => {
    const { url, ledger } = await started(context, subject)
    await create(subject, url, '[up:create-twice]')
    assert.equal(summarise(ledger).jobs, 2)
    assert.equal(new Set(ledger.map((entry) => entry.id)).size, 2)
  })

  it(`a client token that is known: ${repeats}`, async (context) => {
    const { url, ledger } = await started(context, subject)
    const ids: Record<string, string[]> = {}
    for (const prompt of ['plain', '[up:idempotent] marked']) {
      for (const token of [
        `token-1-${prompt.length}`,
        `token-1-${prompt.length}`,
        `token-2-${prompt.length}`,
      ]) {
        const reply = await send(subject, url, subject.create(prompt, { token }))
        ids[prompt] = [...(ids[prompt] ?? []), subject.idOf(reply)]
      }
    }
    const [plain = 0, marked = 0] = Object.values(ids).map((list) => new Set(list).size)
    const expected = { 'same-task': [2, 2], 'by-marker': [3, 2], 'new-task': [3, 3] } as const
    assert.deepEqual([plain, marked], expected[repeats])
    assert.equal(summarise(ledger).jobs, plain + marked)
    assert.equal(summarise(ledger).repeated, 6 - plain - marked)
  })

  it('a create is on the disk before its answer leaves, and outlives a kill', async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'simulator-'))
    context.after(() => rmSync(directory, { recursive: true, force: true }))
    const options = { ledgerPath: join(directory, 'ledger.jsonl'), dialect: subject.dialect }
    const first = await spawnSimulator({ ...options, keys: [subject.key ?? 'key-1'] })
    context.after(() => first.stop())
    await first.control({ do: 'hold', point: 'create-answer' })
    const lost = failureCode(send(subject, first.url, subject.create('held back', {})))
    await first.control({ do: 'reached', point: 'create-answer' })
    const [entry] = first.readLedger()
    assert.equal(entry!.accepted, true)
    await first.kill()
    assert.notEqual(await lost, 'none')
    const second = await spawnSimulator(options)
    context.after(() => second.stop())
    assert.deepEqual(second.readLedger(), [entry])
    if (subject.poll === null) return
    assert.notEqual(await phase(subject, second.url, entry!.id!), null)
  })
}

function ends(subject: DialectSubject, it: It): void {
  for (const [kind, ask] of [
    ['cancel', subject.cancel],
    ['delete', subject.remove],
  ] as const) {
    if (ask === undefined) continue
    const route = DIALECTS[subject.dialect].routes.find((candidate) => candidate.kind === kind)
    assert.ok(route?.kind === kind)

    for (const before of ['queued', 'running', 'done', 'failed'] as const) {
      it(`a ${kind} of what is ${before} ${route.effect(before)}`, async (context) => {
        const { url } = await started(context, subject)
        const id = await create(subject, url, `[up:steps=${before}]`)
        const shown = await phase(subject, url, id)
        await send(subject, url, ask(id))
        const effect = route.effect(before)
        const next = await phase(subject, url, id)
        if (effect === 'nothing') return assert.equal(next, shown)
        if (effect === 'requests') assert.equal(next, shown)
        const after = effect === 'requests' ? await phase(subject, url, id) : next
        assert.ok(ENDED.includes(after), String(after))
        if (effect === 'removes') assert.equal(after, null)
      })
    }

    it(`a ${kind} that is ignored changes nothing`, async (context) => {
      const { url } = await started(context, subject)
      const id = await create(subject, url, '[up:steps=running][up:cancel-ignored]')
      await send(subject, url, ask(id))
      for (let polls = 0; polls < 3; polls += 1) assert.equal(await phase(subject, url, id), 'running')
    })
  }

  it('what has ended stays so', async (context) => {
    if (subject.poll === null) return
    const { url } = await started(context, subject)
    for (const end of ['done', 'failed'] as const) {
      assert.ok(isTerminal(end))
      const id = await create(subject, url, `[up:steps=${end}]`)
      const seen = [await phase(subject, url, id), await phase(subject, url, id)]
      assert.equal(seen[0], seen[1])
    }
  })
}
