import { createMetrics, type Metrics, type MetricsParts } from './metrics.ts'
import { bothObservers, type Observer } from './observer.ts'
import type { Tracing } from './tracing.ts'
import type { TracingSettings } from './tracing-settings.ts'

type Parts = MetricsParts & {
  /** Null: nothing is traced, and nothing for it is loaded. */
  tracing: TracingSettings | null
  /** Names this process. */
  owner: string
}

export interface Observability {
  readonly observer: Observer
  readonly metrics: Metrics
  stop(): Promise<void>
}

export async function openObservability(parts: Parts): Promise<Observability> {
  const metrics = createMetrics(parts)
  const tracing = parts.tracing === null ? undefined : await openTracing(parts, parts.tracing)
  return {
    metrics,
    observer: tracing === undefined ? metrics.observer : bothObservers(metrics.observer, tracing.observer),
    stop: async () => {
      metrics.stop()
      await tracing?.stop()
    },
  }
}

async function openTracing({ version, owner, log }: Parts, settings: TracingSettings): Promise<Tracing> {
  // Loaded only where it is used: it takes time and memory.
  const { createTracing } = await import('./tracing.ts')
  return createTracing({ settings, version, instance: owner, log })
}
