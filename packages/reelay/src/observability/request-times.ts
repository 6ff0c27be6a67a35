import { Histogram, type MetricObjectWithValues, type MetricValueWithName, type Registry } from 'prom-client'
import type { Answered } from './observer.ts'

const NAME = 'reelay_http_request_seconds'
const LABELS = ['method', 'route', 'status'] as const
const BUCKETS_S = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30]
/** Methods and statuses beyond those of the routes come from clients: a bound on what they can make of them. */
const SERIES_MAX = 1_000
const OTHER = 'other'

type Label = (typeof LABELS)[number] | 'le'
type Series = {
  labels: Readonly<Record<(typeof LABELS)[number], string>>
  buckets: number[]
  sumS: number
  count: number
}
type Value = MetricValueWithName<Label>

const DESCRIPTION = {
  name: NAME,
  help: 'How long requests took, until their answer began.',
  labelNames: [...LABELS],
  buckets: BUCKETS_S,
}

/**
 * The times of requests. Counted here, because it is part of every read: the library sorts and joins the labels each
 * time, which costs as much as the read's look at its database row.
 */
export class RequestTimes extends Histogram<Label> {
  /** By route, method and status. */
  readonly #series = new Map<string, Map<string, Map<number, Series>>>()
  readonly #methods: ReadonlySet<string>
  /** Holds no values: only what the library says of such a metric. */
  readonly #facts: Histogram<Label>
  #count = 0

  constructor(registry: Registry, methods: readonly string[]) {
    super({ ...DESCRIPTION, registers: [registry] })
    this.#facts = new Histogram({ ...DESCRIPTION, registers: [] })
    this.#methods = new Set(methods)
  }

  add({ method, route, status, durationMs }: Answered): void {
    const seconds = durationMs / 1_000
    const series = this.#find(route ?? 'none', this.#methods.has(method) ? method : OTHER, status)
    if (series === undefined) return
    series.count += 1
    series.sumS += seconds
    const bucket = BUCKETS_S.findIndex((limit) => seconds <= limit)
    if (bucket !== -1) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }

  #find(route: string, method: string, status: number): Series | undefined {
    return this.#series.get(route)?.get(method)?.get(status) ?? this.#add(route, method, status)
  }

  #add(route: string, method: string, status: number): Series | undefined {
    if (this.#count >= SERIES_MAX) return undefined
    this.#count += 1
    const byMethod = this.#series.get(route) ?? new Map<string, Map<number, Series>>()
    const byStatus = byMethod.get(method) ?? new Map<number, Series>()
    const labels = { method, route, status: String(status) }
    const series = { labels, buckets: BUCKETS_S.map(() => 0), sumS: 0, count: 0 }
    this.#series.set(route, byMethod.set(method, byStatus.set(status, series)))
    return series
  }

  override async get(): Promise<MetricObjectWithValues<Value>> {
    const all = [...this.#series.values()].flatMap((byMethod) =>
      [...byMethod.values()].flatMap((byStatus) => [...byStatus.values()]),
    )
    return { ...(await this.#facts.get()), values: all.flatMap(valuesOf) }
  }

  /** What the library asks for when it writes the text. */
  getForPromString(): Promise<MetricObjectWithValues<Value>> {
    return this.get()
  }
}

function valuesOf({ labels, buckets, sumS, count }: Series): Value[] {
  let below = 0
  const values = BUCKETS_S.map((le, index): Value => {
    below += buckets[index] ?? 0
    return { metricName: `${NAME}_bucket`, labels: { ...labels, le }, value: below }
  })
  return [
    ...values,
    { metricName: `${NAME}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${NAME}_sum`, labels, value: sumS },
    { metricName: `${NAME}_count`, labels, value: count },
  ]
}
