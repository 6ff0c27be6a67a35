import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { z } from 'zod'
import { createMetrics } from '../../src/observability/metrics.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')

type Described = { name: string; type: string; labels: readonly string[] }

/** What a process really has, as the library knows it. */
const registered = z.object({ type: z.string(), labelNames: z.array(z.string()) })

async function inCode(): Promise<Described[]> {
  const store = { countScheduled: async () => [], pausedUntilMs: () => null }
  const parts = { store, clock: new TestClock(), log: silentLog, accounts: [], version: '1', role: 'all' }
  const metrics = createMetrics(parts)
  const described = await Promise.all(
    metrics.registry.getMetricsAsArray().map(async (metric) => {
      // The names of the labels are not in the library's types.
      const { labelNames } = registered.pick({ labelNames: true }).parse(metric)
      const { type } = registered.pick({ type: true }).parse(await registryType(metric))
      return { name: metric.name, type, labels: labelNames.filter((label) => label !== 'le') }
    }),
  )
  metrics.stop()
  return described.toSorted((a, b) => a.name.localeCompare(b.name))
}

const registryType = async (metric: object): Promise<unknown> =>
  'get' in metric && typeof metric.get === 'function' ? metric.get() : undefined

/** The names that a query may use for a metric. */
const seriesOf = ({ name, type }: Described): string[] =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]

const NAME = /\b(?:reelay|process)_[a-z_]+\b/g
/** `name{label="…", other=~"…"}` */
const SELECTOR = /\b((?:reelay|process)_[a-z_]+)\{([^}]*)\}/g
const TARGET_LABELS = new Set(['job', 'instance'])

async function checkQueries(queries: readonly string[]): Promise<Set<string>> {
  const metrics = await inCode()
  const used = new Set<string>()
  for (const query of queries) {
    for (const [name] of query.matchAll(NAME)) {
      const metric = metrics.find((one) => seriesOf(one).includes(name))
      assert.ok(metric !== undefined, `there is no ${name}: ${query}`)
      used.add(metric.name)
    }
    for (const [, name, matchers = ''] of query.matchAll(SELECTOR)) {
      const metric = metrics.find((one) => seriesOf(one).includes(name ?? ''))
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g))
        assert.ok(
          TARGET_LABELS.has(label) || metric?.labels.includes(label),
          `${name} has no label ${label}: ${query}`,
        )
    }
  }
  return used
}

test('docs/metrics.md has a row for every metric with its type and labels, and no other', async () => {
  const page = await read('metrics.md')
  const rows = [...page.matchAll(/^\| `((?:reelay|process)_\w+)` \| (\w+) \|([^|]*)\|/gm)]
  assert.deepEqual(
    rows
      .map(([, name = '', type = '', labels = '']) => ({
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
    await inCode(),
  )
})

const dashboard = z.object({
  uid: z.string(),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).min(1),
    }),
  ),
})

test('the dashboard shows every metric, and none that there is not', async () => {
  const { panels } = dashboard.parse(JSON.parse(await read('grafana/reelay.json')))
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`)
  assert.equal(new Set(places).size, places.length, 'no panel is on top of another')
  assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24))
  const used = await checkQueries(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))
  assert.deepEqual([...used].toSorted(), (await inCode()).map(({ name }) => name).toSorted())
})

test('the alerts ask for metrics and labels that there are', async () => {
  const rules = await read('grafana/alerts.yaml')
  const queries = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, query = '']) => query)
  assert.equal(queries.length, [...rules.matchAll(/- alert: /g)].length)
  assert.ok(queries.length > 5)
  await checkQueries(queries)
})
