import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSimulator } from '@reelay/simulator'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { rootSpanIdOf, traceIdOf } from '../../src/observability/trace-ids.ts'
import type { Log } from '../../src/system/log.ts'
import { silentLog } from '../../src/system/log.ts'
import { ask, create } from '../e2e/client.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { WebhookGateway } from '../webhooks/webhook-gateway.ts'
import { Collector, type CollectedSpan } from './collector.ts'

const TIMEOUT = { timeout: 60_000 }
const SOURCES = new URL('../../src/index.ts', import.meta.url).href
const CLIENT_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CLIENT_SPAN = '00f067aa0ba902b7'

const byName = (spans: readonly CollectedSpan[], name: string): CollectedSpan[] =>
  spans.filter((span) => span.name === name)

function only(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const found = byName(spans, name)
  assert.equal(found.length, 1, `${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found[0]!
}

test('a task is one trace, from its create to its webhook', TIMEOUT, async () => {
  await using collector = await Collector.open()
  await using receiver = await Receiver.open(
    (response, call) => void response.writeHead(call === 1 ? 500 : 204).end(),
  )
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=film%20crew',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_SERVICE_NAME: 'films',
    REELAY_WEBHOOK_SCHEDULE: '0s,10ms,1h',
  }
  let id = ''
  {
    await using opened = await WebhookGateway.open(settings)
    const fields = { model: 'wan2.6', prompt: 'a secret boat [up:steps=done]', callback_url: receiver.url }
    const answer = await ask(opened.gateway, '/v1/videos', {
      method: 'POST',
      body: JSON.stringify(fields),
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${CLIENT_TRACE}-${CLIENT_SPAN}-01`,
      },
    })
    assert.equal(answer.status, 200)
    id = (answer.json as { id: string }).id
    await opened.logged(2)
  }
  // Whatever still waited was sent at the stop.
  const { spans } = collector
  assert.deepEqual(new Set(collector.paths), new Set(['/v1/traces']))
  assert.equal(collector.headers[0]?.['x-team'], 'film crew')
  const traceId = traceIdOf(id)
  assert.ok(spans.every((span) => span.traceId === traceId))
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), [
    'archive',
    'create',
    'deliver',
    'deliver',
    'end completed',
    'look',
    'submit',
  ])
  const root = only(spans, 'create')
  assert.equal(root.spanId, rootSpanIdOf(id))
  assert.equal(root.parentSpanId, undefined)
  assert.partialDeepStrictEqual(root.links, [{ traceId: CLIENT_TRACE, spanId: CLIENT_SPAN }])
  for (const span of spans.filter((one) => one !== root))
    assert.equal(span.parentSpanId, root.spanId, span.name)
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length)
  assert.partialDeepStrictEqual(only(spans, 'submit').attributes, {
    'reelay.task.id': id,
    'reelay.account': 'cometapi',
    'reelay.attempt': 1,
    'reelay.outcome': 'accepted',
  })
  const delivered = byName(spans, 'deliver').toSorted((a, b) =>
    Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
  )
  assert.deepEqual(
    delivered.map(({ spanId }) => `00-${traceId}-${spanId}-01`),
    receiver.received.map(({ headers }) => headers['traceparent']),
  )
  assert.deepEqual(
    delivered.map(({ status, attributes }) => [status.code, attributes['http.response.status_code']]),
    [
      [2, 500],
      [0, 204],
    ],
  )
  const order = ['create', 'submit', 'look', 'archive'].map((name) =>
    BigInt(only(spans, name).startTimeUnixNano),
  )
  assert.ok(order.every((at, index) => index === 0 || at >= order[index - 1]!))
  assert.ok(spans.every((span) => BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)))
  assert.partialDeepStrictEqual(root.resource, {
    'service.name': 'films',
    'deployment.environment.name': 'test',
  })
  assert.doesNotMatch(JSON.stringify(spans), /secret boat|proj_|"default"/)
})

test('after a restart the same trace goes on', TIMEOUT, async () => {
  await using collector = await Collector.open()
  const upstream = await startSimulator({ dripMs: 1 })
  const directory = await mkdtemp(join(tmpdir(), 'reelay-traces-'))
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PORT: '0',
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/custom`,
  })
  // Only answers: the task is worked on by the next process.
  const first = await createReelay(config, { log: silentLog })
  const { url } = await first.listen()
  const { id } = await create({ url, key: first.adminKey }, { model: 'wan2.6', prompt: 'a boat' })
  await first.stop()
  const second = await createReelay(config, { log: silentLog })
  const { promise: submitted, resolve } = Promise.withResolvers<void>()
  const unwatch = second.store.onChange(() => {
    void (async () => {
      if ((await second.store.loadTask(id))?.state === 'running') resolve()
    })()
  })
  await second.start()
  await submitted
  unwatch()
  await second.stop()
  await upstream.close()
  await rm(directory, { recursive: true, force: true })
  assert.deepEqual(new Set(collector.paths), new Set(['/custom']))
  const [root, submit] = [only(collector.spans, 'create'), only(collector.spans, 'submit')]
  assert.equal(submit.traceId, root.traceId)
  assert.equal(submit.parentSpanId, root.spanId)
  assert.notEqual(submit.resource['service.instance.id'], root.resource['service.instance.id'])
})

test(
  'a share of all tasks is traced whole, and webhooks of the others say that they are not',
  TIMEOUT,
  async () => {
    await using collector = await Collector.open()
    await using receiver = await Receiver.open()
    const ids: string[] = []
    {
      await using opened = await WebhookGateway.open({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.5',
      })
      for (let index = 0; index < 12; index += 1)
        ids.push(await opened.create({ callback_url: receiver.url }))
      await receiver.nth(ids.length)
    }
    const traced = new Set(byName(collector.spans, 'create').map(({ traceId }) => traceId))
    for (const id of ids) {
      const request = receiver.received.find(({ event }) => event['id'] === id || event['task_id'] === id)
      const header = request?.headers['traceparent'] ?? ''
      assert.equal(header.slice(-2), traced.has(traceIdOf(id)) ? '01' : '00', id)
    }
    assert.deepEqual(new Set(collector.spans.map(({ traceId }) => traceId)), traced)
  },
)

test('without the settings nothing is sent, and webhooks carry no trace', TIMEOUT, async () => {
  await using collector = await Collector.open()
  await using receiver = await Receiver.open()
  await using opened = await WebhookGateway.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_EXPORTER: 'none',
  })
  await opened.create({ callback_url: receiver.url })
  assert.equal((await receiver.nth(1)).headers['traceparent'], undefined)
  assert.deepEqual(collector.paths, [])
})

test('a collector that refuses is told of once, and tasks do not mind', TIMEOUT, async () => {
  await using collector = await Collector.open(400)
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (_fields, message) => void lines.push(message) }
  const directory = await mkdtemp(join(tmpdir(), 'reelay-traces-'))
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PORT: '0',
    REELAY_PROVIDERS: 'local',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  const reelay = await createReelay(config, { log })
  const { url } = await reelay.listen()
  await create({ url, key: reelay.adminKey }, { model: 'local/preview', prompt: 'a boat' })
  await reelay.stop()
  await rm(directory, { recursive: true, force: true })
  assert.deepEqual(
    lines.filter((line) => line.includes('collector')),
    ['the collector did not take the traces; tasks are not affected'],
  )
})

test('while it is off, nothing of what sends traces is loaded', TIMEOUT, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-traces-'))
  const loaded = (endpoint: string): string => {
    const source = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
      const { createReelay, loadConfig } = await import(${JSON.stringify(SOURCES)})
      const reelay = await createReelay(loadConfig(process.env))
      await reelay.stop()
      console.log(seen.filter((url) => /@opentelemetry.(sdk|exporter|otlp|resources)/.test(url)).length)`
    const environment = {
      ...process.env,
      REELAY_DATA_DIR: directory,
      REELAY_LOG_LEVEL: 'silent',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    }
    const options = { env: environment, encoding: 'utf8' } as const
    return execFileSync(process.execPath, ['--input-type=module', '--eval', source], options).trim()
  }
  assert.equal(loaded(''), '0')
  assert.notEqual(loaded('http://127.0.0.1:9'), '0', 'the search finds them when they are')
  await rm(directory, { recursive: true, force: true })
})
