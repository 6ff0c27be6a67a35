import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { mock, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../packages/simulator/test/free-port.ts'

const SECRET_BYTES = Buffer.alloc(32, 5)
const SECRET = `whsec_${SECRET_BYTES.toString('base64')}`
const OVERSIZED_BYTES = 3 * 1024 * 1024
const LINES_MAX = 100
const CONNECT_TRIES_MAX = 1000
const CONNECT_PAUSE_MS = 30

type Example = AsyncDisposable & {
  url: string
  lines: string[]
  until(line: RegExp): Promise<string>
  stop(): Promise<number | null>
}

/** One example as a process of its own, ended when the test leaves its scope. */
async function start(name: string, settings: Record<string, string> = {}): Promise<Example> {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    env: { ...process.env, PORT: '0', REELAY_WEBHOOK_SECRET: SECRET, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = createInterface({ input: child.stdout })
  const lines: string[] = []
  output.on('line', (line) => void lines.push(line))
  const until = async (wanted: RegExp): Promise<string> => {
    for (let read = 0; read <= LINES_MAX; read += 1) {
      const found = lines.find((line) => wanted.test(line))
      if (found !== undefined) return found
      await Promise.race([once(output, 'line'), once(child, 'exit').then(failed)])
    }
    return failed()
  }
  const failed = (): never => {
    throw new Error(`${name} printed only: ${lines.join(' | ')}`)
  }
  const stop = (): Promise<number | null> => stopChild(child)
  const url = settings['PORT'] === undefined ? ((await until(/^listening on /)).split(' ').at(-1) ?? '') : ''
  return { url, lines, until, stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

async function stopChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  return child.exitCode
}

const bodyOf = (taskId: string, status = 'completed'): string =>
  JSON.stringify({
    id: `evt_${taskId.slice(6)}_${status}`,
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.000Z',
    type: `video.${status}`,
    task_id: taskId,
    status,
    progress: 100,
    sequence: 3,
    result: { video_url: 'https://gateway.test/1.mp4' },
    error: null,
    data: {
      id: taskId,
      object: 'video',
      model: 'local/preview',
      status,
      progress: 100,
      created_at: 1_790_000_000,
    },
  })

function signed(body: string, key: Uint8Array = SECRET_BYTES): Record<string, string> {
  const id = 'evt_1_completed'
  const timestamp = String(Math.floor(Date.now() / 1000))
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  }
}

async function post(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const response = await fetch(url, { method: 'POST', headers: { connection: 'close', ...headers }, body })
  return [response.status, await response.text()]
}

/** The status that a server answers to the announcement of too much, before any of it is sent. */
async function postOversized(url: string): Promise<number | undefined> {
  const request = httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': OVERSIZED_BYTES },
    agent: false,
  })
  request.flushHeaders()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => {})
  request.destroy()
  return response.statusCode
}

for (const name of ['express', 'hono', 'fastify', 'fetch']) {
  test(`${name}: a signed event is printed once; bad and oversized ones are refused`, async () => {
    await using example = await start(name)
    const body = bodyOf('video_1')
    assert.equal((await post(example.url, body, signed(body, Buffer.alloc(32, 6))))[0], 401)
    assert.equal((await post(example.url, body))[0], 400)
    assert.equal(await postOversized(example.url), 413)
    assert.deepEqual(await post(example.url, body, signed(body)), [200, '{"received":true}'])
    assert.deepEqual(await post(example.url, body, signed(body)), [200, '{"received":true}'])
    await example.until(/^video\.completed video_1/)
    assert.equal(await example.stop(), 0)
    assert.equal(example.lines.filter((line) => line.startsWith('video.')).length, 1)
  })
}

test('next: the exported POST receives as the others do', async () => {
  process.env['REELAY_WEBHOOK_SECRET'] = SECRET
  const { POST } = await import('./next/app/api/webhooks/route.ts')
  const printed = Promise.withResolvers<unknown>()
  const log = mock.method(console, 'log', (line: unknown) => printed.resolve(line))
  const body = bodyOf('video_1')
  const request = (headers: Record<string, string>): Request =>
    new Request('http://app.test/api/webhooks', { method: 'POST', headers, body })
  assert.equal((await POST(request(signed(body, Buffer.alloc(32, 6))))).status, 401)
  for (let n = 0; n < 2; n += 1) assert.equal((await POST(request(signed(body)))).status, 200)
  assert.equal(await printed.promise, 'video.completed video_1')
  assert.equal(log.mock.callCount(), 1)
  log.mock.restore()
})

test('comet-direct: an unsigned callback is printed as the server confirms it, once', async () => {
  let status = 'in_progress'
  const asked = Promise.withResolvers<void>()
  const comet = createServer((request, response) => {
    request.resume()
    if (request.method === 'GET') asked.resolve()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'task_example', object: 'video', model: 'm', status, created_at: 1 }))
  })
  comet.listen(0, '127.0.0.1')
  await once(comet, 'listening')
  const address = comet.address()
  assert.ok(address !== null && typeof address === 'object')
  {
    await using example = await start('comet-direct', {
      COMETAPI_URL: `http://127.0.0.1:${address.port}`,
      CALLBACK_TOKEN: 'secret',
    })
    const claim = {
      task_id: 'task_example',
      status: 'completed',
      result: { video_url: 'https://evil.test/1.mp4' },
    }
    assert.deepEqual(await post(example.url, JSON.stringify(claim)), [200, '{"received":true}'])
    assert.equal(await postOversized(example.url), 413)
    await asked.promise
    assert.equal((await post(example.url.replace('secret', 'other'), '{}'))[0], 404)
    const created = await post(new URL('/videos', example.url).href, '{"model":"m","prompt":"p"}', {
      'content-type': 'application/json',
    })
    assert.deepEqual(created, [202, '{"id":"task_example"}'])
    status = 'completed'
    for (let n = 0; n < 3; n += 1) await post(example.url, JSON.stringify({ ...claim, n }))
    assert.equal(await example.until(/^video\./), 'video.completed task_example no link')
    assert.equal(await example.stop(), 0)
    assert.equal(example.lines.filter((line) => line.startsWith('video.')).length, 1)
  }
  comet.closeAllConnections()
  comet.close()
})

test('seed-express: the documented handler names the task of an event', async () => {
  const port = await freePort()
  await using example = await start('seed-express', { PORT: String(port) })
  const url = `http://127.0.0.1:${port}/cometapi/video-webhook`
  assert.deepEqual(await postWhenUp(url, bodyOf('video_1'), { 'content-type': 'application/json' }), [
    200,
    '{"received":true}',
  ])
  await example.until(/^Status: completed$/)
  assert.deepEqual(example.lines, ['Task ID: video_1', 'Status: completed'])
})

// The documented handler does not say when it is ready.
async function postWhenUp(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<[number, string]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await post(url, body, headers)
    } catch (error) {
      if (tries === CONNECT_TRIES_MAX) throw error
      await sleep(CONNECT_PAUSE_MS)
    }
  }
}
