import { SpanKind, TraceFlags, type Attributes, type Link } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  TracerProvider,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import type { Log } from '../system/log.ts'
import { isTerminal } from '../task/state.ts'
import type { Task } from '../task/task.ts'
import { silentObserver, type DeliverySeen, type MoveSeen, type Observer } from './observer.ts'
import { freshSpanId, GivenIds, Spans } from './spans.ts'
import type { Lap } from './stopwatch.ts'
import { parseTraceparent, rootSpanIdOf, traceIdOf, traceparentText } from './trace-ids.ts'
import type { TracingSettings } from './tracing-settings.ts'

/** SUCCESS of OpenTelemetry's ExportResultCode. */
const EXPORTED = 0

/** Tells a collector about each task. */
export interface Tracing {
  readonly observer: Observer
  /** Sends what waits; within the timeout of the settings. */
  stop(): Promise<void>
}

type Parts = { settings: TracingSettings; version: string; instance: string; log: Log }

export function createTracing({ settings, version, instance, log }: Parts): Tracing {
  const { url, headers, timeoutMs, share, resource } = settings
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs })
  const ids = new GivenIds()
  const sampler = new TraceIdRatioBasedSampler(share)
  const attributes = { 'service.version': version, 'service.instance.id': instance, ...resource }
  const provider = new TracerProvider({
    // The whole of a task's trace or nothing of it, in every process: its id decides, and no parent does.
    sampler,
    idGenerator: ids,
    resource: resourceFromAttributes(attributes),
    spanProcessors: [new BatchSpanProcessor({ exporter: watched(exporter, log) })],
  })
  const spans = new Spans(provider.getTracer('reelay', version), ids, sampler)
  return {
    observer: createObserver(spans),
    stop: async () => {
      try {
        await provider.shutdown()
      } catch (error) {
        log.warn({ err: error }, 'the last traces could not be sent')
      }
    },
  }
}

/** The library keeps failed exports to itself. Said once, and again after it has worked. */
function watched(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const code: number = result.code
        const isFailed = code !== EXPORTED
        if (isFailed && !isFailing)
          log.warn({ err: result.error }, 'the collector did not take the traces; tasks are not affected')
        isFailing = isFailed
        done(result)
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}

const linkOf = (traceparent: string | null): Link[] => {
  const reference = parseTraceparent(traceparent)
  return reference === undefined ? [] : [{ context: { ...reference, isRemote: true } }]
}

const accountFacts = (account: string): Attributes => ({ 'reelay.account': account })

/** A moment of a task, told as a span without length. */
const moment = (atMs: number): Lap => ({ startedAtMs: atMs, durationMs: 0 })

function createObserver(spans: Spans): Observer {
  return {
    ...silentObserver,
    created: ({ task, origin, traceparent, lap }) =>
      spans.add({
        name: 'create',
        taskId: task.id,
        lap,
        kind: SpanKind.SERVER,
        spanId: rootSpanIdOf(task.id),
        links: linkOf(traceparent),
        attributes: { 'reelay.model': task.request.model, 'reelay.origin': origin },
      }),
    submitted: ({ task, account, outcome, lap }) =>
      spans.add({
        name: 'submit',
        taskId: task.id,
        lap,
        kind: SpanKind.CLIENT,
        attributes: { ...accountFacts(account), ...attemptFacts(task), 'reelay.outcome': outcome },
        failure: outcome === 'accepted' || outcome === 'done' ? undefined : outcome,
      }),
    looked: ({ task, account, outcome, isNews, lap }) => {
      if (!isNews) return
      const attributes = { ...accountFacts(account), ...attemptFacts(task), 'reelay.outcome': outcome }
      spans.add({ name: 'look', taskId: task.id, lap, kind: SpanKind.CLIENT, attributes })
    },
    archived: ({ task, account, outcome, bytes, lap }) =>
      spans.add({
        name: 'archive',
        taskId: task.id,
        lap,
        attributes: { ...accountFacts(account), 'reelay.outcome': outcome, 'reelay.bytes': bytes },
        failure: outcome === 'stored' ? undefined : outcome,
      }),
    moved: (move) => addEnd(spans, move),
    delivered: (delivery) => addDelivery(spans, delivery),
    traceparentOf: (taskId) =>
      traceparentText({
        traceId: traceIdOf(taskId),
        spanId: freshSpanId(),
        traceFlags: spans.isSampled(taskId) ? TraceFlags.SAMPLED : TraceFlags.NONE,
      }),
  }
}

const attemptFacts = ({ attempt }: Task): Attributes =>
  attempt === null ? {} : { 'reelay.attempt': attempt.n, 'reelay.upstream_model': attempt.model }

function addEnd(spans: Spans, { before, outcome }: MoveSeen): void {
  if (outcome.kind !== 'committed') return
  const { id, state, error, completedAtMs, updatedAtMs } = outcome.task
  if (!isTerminal(state) || isTerminal(before.state)) return
  spans.add({
    name: `end ${state}`,
    taskId: id,
    lap: moment(completedAtMs ?? updatedAtMs),
    attributes: error === null ? {} : { 'error.type': error.code },
    failure: error?.code,
  })
}

/** Under the id that the receiver was given. */
function addDelivery(spans: Spans, { delivery, outcome, status, traceparent, lap }: DeliverySeen): void {
  const own = parseTraceparent(traceparent)
  if (delivery.taskId === null || own === undefined) return
  spans.add({
    name: 'deliver',
    taskId: delivery.taskId,
    lap,
    kind: SpanKind.PRODUCER,
    spanId: own.spanId,
    attributes: {
      'reelay.event': delivery.type,
      'reelay.outcome': outcome,
      ...(status === null ? {} : { 'http.response.status_code': status }),
    },
    failure: outcome === 'delivered' ? undefined : outcome,
  })
}
