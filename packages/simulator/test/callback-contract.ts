import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { CallbackRecord } from '../src/callback-record.ts'
import { DIALECTS } from '../src/dialects/dialects.ts'
import { isTerminal } from '../src/phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts'
import type { It } from './dialect-contract.ts'
import { send, type DialectSubject } from './dialect-subject.ts'
import { TestClock } from './test-clock.ts'

interface Received {
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** Statuses for the next ones, instead of a good answer. */
  readonly statuses: number[]
}

async function receiver(context: TestContext, subject: DialectSubject): Promise<Receiver> {
  const received: Received[] = []
  const statuses: number[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const good = subject.receive?.(JSON.parse(body)) ?? { status: 200, body: 'ok' }
      const isHandshake = subject.receive !== undefined && body.includes('"challenge"')
      if (!isHandshake) received.push({ headers: request.headers, body })
      const status = (isHandshake ? undefined : statuses.shift()) ?? good.status
      response.writeHead(status).end(good.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, received, statuses }
}

const isEnd = ({ phase, accepted }: Pick<CallbackRecord, 'phase' | 'accepted'>): boolean =>
  accepted !== null && phase === 'done'

/** What every dialect that calls back must do. */
export function callbackContract(subject: DialectSubject, it: It): void {
  const { callback } = DIALECTS[subject.dialect]
  assert.ok(callback !== undefined)

  async function started(
    context: TestContext,
    callbackUrl: string,
    options: SimulatorOptions = {},
  ): Promise<Simulator> {
    const keys = [subject.key ?? 'key-1']
    const simulator = await startSimulator({ dialect: subject.dialect, keys, callbackUrl, ...options })
    context.after(() => simulator.close())
    return simulator
  }

  async function create(simulator: Simulator, prompt: string, callbackUrl: string): Promise<string> {
    return subject.idOf(await send(subject, simulator.url, subject.create(prompt, { callbackUrl })))
  }

  it('a task calls back for each phase that it tells of, and where it is told to', async (context) => {
    const { url, received } = await receiver(context, subject)
    const simulator = await started(context, url)
    const id = await create(simulator, '[up:ms=1]', url)
    const last = await simulator.untilCallback(isEnd)
    assert.deepEqual([last.taskId, last.status, last.accepted, last.url], [id, 200, true, url])
    const expected = (['queued', 'running', 'done'] as const).filter((phase) =>
      callback.events.includes(phase),
    )
    // Those of one moment are sent at once, and arrive in any order.
    await simulator.untilCallback(
      ({ phase, accepted }) => phase !== null && accepted !== null,
      expected.length,
    )
    const told = simulator.callbacks.flatMap((record) => record.phase ?? [])
    assert.deepEqual(told.toSorted(), expected.toSorted())
    assert.equal(received.length, told.length)
    assert.equal(simulator.ledger[0]!.callbackUrl, url)
  })

  it('what is not accepted is sent again, the same, as the provider does', async (context) => {
    const { url, statuses } = await receiver(context, subject)
    const clock = new TestClock()
    const simulator = await started(context, url, { clock })
    const id = await create(simulator, '[up:steps=done][up:callback=lost]', url)
    const { delaysMs } = callback.retry
    statuses.push(...delaysMs.map(() => 500), 500)
    const sent = simulator.callback(id, { phase: 'done' })
    for (const [index, delayMs] of delaysMs.entries()) {
      await simulator.untilCallback(({ attempt, accepted }) => attempt === index + 1 && accepted === false)
      await clock.untilSleeping(delayMs)
      clock.advance(delayMs)
    }
    assert.deepEqual([(await sent).accepted, (await sent).attempt], [false, delaysMs.length + 1])
    const ids = simulator.callbacks.filter(({ phase }) => phase === 'done').map((record) => record.id)
    assert.equal(ids.length, delaysMs.length + 1)
    assert.equal(new Set(ids).size, 1)
  })

  it('signatures hold, and do not for what is forged or tampered with', async (context) => {
    const { url } = await receiver(context, subject)
    const simulator = await started(context, url)
    const id = await create(simulator, '[up:steps=running][up:callback=lost]', url)
    const { verify } = subject
    const holds = async (faults: string): Promise<boolean> => {
      const record = await simulator.callback(id, { phase: 'done', faults })
      return verify?.(record, simulator.secrets, subject.key ?? 'key-1') ?? true
    }
    assert.equal(await holds(''), true)
    if (verify === undefined) return
    assert.equal(await holds('forged'), false)
    assert.equal(await holds('tampered'), subject.signsBody === false)
    assert.equal(await holds('wrong-status'), true)
  })

  it('callbacks are lost, doubled, shuffled and early on demand', async (context) => {
    const { url, received } = await receiver(context, subject)
    const simulator = await started(context, url)
    await create(simulator, 'lost [up:ms=1][up:callback=lost]', url)
    const early = await create(simulator, 'early [up:steps=queued][up:callback=early]', url)
    assert.equal(simulator.callbacks.find((record) => record.taskId === early)?.accepted, true)
    const count = received.length
    const doubled = await create(simulator, 'doubled [up:ms=1][up:callback=duplicated*3]', url)
    await simulator.untilCallback((record) => isEnd(record) && record.taskId === doubled, 3)
    const lost = simulator.ledger[0]!.id
    assert.equal(simulator.callbacks.filter((record) => record.taskId === lost && record.phase).length, 0)
    assert.ok(received.length >= count + 3)
    const shuffled = await create(simulator, 'shuffled [up:ms=1][up:callback=shuffled]', url)
    const phases = callback.events.filter((phase) => !isTerminal(phase)).length
    await simulator.untilCallback(
      ({ taskId, phase, accepted }) => taskId === shuffled && phase !== null && accepted !== null,
      phases + 1,
    )
    const order = simulator.callbacks.filter((record) => record.taskId === shuffled && record.phase)
    assert.equal(order[0]?.phase, 'done')
  })
}
