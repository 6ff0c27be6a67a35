import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tracingFaults, tracingSettings } from './tracing-settings.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('an address turns traces on, with the usual path; the one for traces is taken as it is', () => {
  assert.deepEqual(tracingSettings(ENDPOINT), {
    url: 'http://collector:4318/v1/traces',
    headers: {},
    timeoutMs: 10_000,
    share: 1,
    resource: { 'service.name': 'reelay' },
  })
  const url = 'https://collector.example/otlp?team=a'
  assert.equal(tracingSettings({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url })?.url, url)
})

test('without an address, or where something says so, nothing is traced and nothing is wrong', () => {
  const broken = { OTEL_TRACES_SAMPLER: 'dice', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
  for (const off of [
    {},
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ]) {
    assert.equal(tracingSettings({ ...off, ...broken }), null)
    assert.deepEqual(tracingFaults({ ...off, ...broken }), [])
  }
  assert.equal(tracingSettings({ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' }), null)
})

test('lists are decoded, and the variable for traces wins', () => {
  const settings = tracingSettings({
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Basic%20abc%3D%3D, x-team = film',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,region=eu%2C1',
    OTEL_SERVICE_NAME: 'films',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  })
  assert.deepEqual(settings, {
    url: 'http://collector:4318/v1/traces',
    headers: { authorization: 'Basic abc==', 'x-team': 'film' },
    timeoutMs: 2_500,
    share: 0.25,
    resource: { 'service.name': 'films', region: 'eu,1' },
  })
})

test('each wrong variable is named', () => {
  const cases: [string, string][] = [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'novalue'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ]
  for (const [name, value] of cases) {
    const faults = tracingFaults({ ...ENDPOINT, [name]: value })
    assert.equal(faults.length, 1, `${name}=${value}: ${faults.join('; ')}`)
    assert.ok(faults[0]!.startsWith(name), faults[0])
  }
})
