import { randomBytes } from 'node:crypto'
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type HrTime,
  type Link,
  type Tracer,
} from '@opentelemetry/api'
import { SamplingDecision, type IdGenerator, type Sampler } from '@opentelemetry/sdk-trace'
import type { Lap } from './stopwatch.ts'
import { rootSpanIdOf, traceIdOf } from './trace-ids.ts'

const SPAN_BYTES = 8

export type SpanFacts = {
  name: string
  taskId: string
  lap: Lap
  kind?: SpanKind
  attributes?: Attributes
  links?: Link[]
  /** Why it did not do what it was for. */
  failure?: string | undefined
  /** Absent: a fresh one. */
  spanId?: string
}

/** Gives the next span the ids that were set for it. */
export class GivenIds implements IdGenerator {
  traceId = ''
  spanId = ''

  generateTraceId(): string {
    return this.traceId
  }

  generateSpanId(): string {
    return this.spanId
  }
}

export const freshSpanId = (): string => randomBytes(SPAN_BYTES).toString('hex')

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)]

/** Spans are written when they are over, so none is open while anything waits or a process ends. */
export class Spans {
  readonly #tracer: Tracer
  readonly #ids: GivenIds
  readonly #sampler: Sampler

  constructor(tracer: Tracer, ids: GivenIds, sampler: Sampler) {
    this.#tracer = tracer
    this.#ids = ids
    this.#sampler = sampler
  }

  isSampled(taskId: string): boolean {
    const { decision } = this.#sampler.shouldSample(
      ROOT_CONTEXT,
      traceIdOf(taskId),
      '',
      SpanKind.INTERNAL,
      {},
      [],
    )
    return decision === SamplingDecision.RECORD_AND_SAMPLED
  }

  add(facts: SpanFacts): void {
    const { name, taskId, lap, kind = SpanKind.INTERNAL, attributes = {}, links = [], failure } = facts
    const traceId = traceIdOf(taskId)
    const rootId = rootSpanIdOf(taskId)
    const spanId = facts.spanId ?? freshSpanId()
    const isRoot = spanId === rootId
    const parent = { traceId, spanId: rootId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
    const context = isRoot ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
    this.#ids.traceId = traceId
    this.#ids.spanId = spanId
    const span = this.#tracer.startSpan(
      name,
      {
        kind,
        links,
        startTime: hrTime(lap.startedAtMs),
        attributes: { 'reelay.task.id': taskId, ...attributes },
      },
      context,
    )
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
    span.end(hrTime(lap.startedAtMs + lap.durationMs))
  }
}
