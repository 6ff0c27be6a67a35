/** Where traces go, and which. */
export type TracingSettings = Readonly<{
  /** The collector's address for traces, whole. */
  url: string
  headers: Readonly<Record<string, string>>
  timeoutMs: number
  /** Which part of all tasks is traced, 0 to 1: always the whole of a task's trace or nothing of it. */
  share: number
  /** What is said of this gateway beside each span. */
  resource: Readonly<Record<string, string>>
}>

type Given = Readonly<Record<string, string | undefined>>

const TIMEOUT_MS_DEFAULT = 10_000
const TIMEOUT_MS_MAX = 60_000
const SAMPLERS: Readonly<Record<string, 'all' | 'none' | 'share'>> = {
  always_on: 'all',
  always_off: 'none',
  traceidratio: 'share',
  parentbased_always_on: 'all',
  parentbased_always_off: 'none',
  parentbased_traceidratio: 'share',
}

/** The variable for traces wins over the one for all signals. */
const signal = (given: Given, name: string): string | undefined =>
  given[`OTEL_EXPORTER_OTLP_TRACES_${name}`] ?? given[`OTEL_EXPORTER_OTLP_${name}`]

/** Traces are on with an address for them, unless something says that they are not wanted. */
const isOn = (given: Given): boolean =>
  signal(given, 'ENDPOINT') !== undefined &&
  given['OTEL_SDK_DISABLED']?.trim().toLowerCase() !== 'true' &&
  given['OTEL_TRACES_EXPORTER']?.trim() !== 'none'

/** What is wrong with OpenTelemetry's standard variables, a sentence each. None while they turn nothing on. */
export function tracingFaults(given: Given): string[] {
  if (!isOn(given)) return []
  const faults: string[] = []
  const add = (isWrong: boolean, fault: string): void => {
    if (isWrong) faults.push(fault)
  }
  add(urlOf(given) === undefined, 'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address')
  add(
    (given['OTEL_TRACES_EXPORTER'] ?? 'otlp').trim() !== 'otlp',
    'OTEL_TRACES_EXPORTER can be otlp or none: nothing else is built in',
  )
  add(
    (signal(given, 'PROTOCOL') ?? 'http/json').trim() !== 'http/json',
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL can be http/json only: set it, and use the port of your collector for HTTP',
  )
  for (const name of [
    'OTEL_RESOURCE_ATTRIBUTES',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  ])
    add(readPairs(given[name]) === undefined, `${name} must look like name=value,name=value, percent-encoded`)
  const timeoutMs = Number(signal(given, 'TIMEOUT') ?? TIMEOUT_MS_DEFAULT)
  add(
    !Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX,
    `OTEL_EXPORTER_OTLP_TIMEOUT must be milliseconds, 1 to ${TIMEOUT_MS_MAX}`,
  )
  add(
    SAMPLERS[samplerOf(given)] === undefined,
    `OTEL_TRACES_SAMPLER must be one of ${Object.keys(SAMPLERS).join(', ')}`,
  )
  const share = Number(given['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  add(!(share >= 0 && share <= 1), 'OTEL_TRACES_SAMPLER_ARG must be a part of 1, from 0 to 1')
  return faults
}

/** Of settings without faults; null: nothing is traced. */
export function tracingSettings(given: Given): TracingSettings | null {
  const url = isOn(given) ? urlOf(given) : undefined
  const share = shareOf(given)
  if (url === undefined || share === 0) return null
  const resource = readPairs(given['OTEL_RESOURCE_ATTRIBUTES']) ?? {}
  const name = given['OTEL_SERVICE_NAME'] ?? resource['service.name'] ?? 'reelay'
  return {
    url,
    headers: readPairs(signal(given, 'HEADERS')) ?? {},
    timeoutMs: Number(signal(given, 'TIMEOUT') ?? TIMEOUT_MS_DEFAULT),
    share,
    resource: { ...resource, 'service.name': name },
  }
}

/** The address for traces is taken as it is; to the one for all signals the usual path is added. */
function urlOf(given: Given): string | undefined {
  const whole = given['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim()
  const base = given['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim().replace(/\/+$/, '')
  const url = whole ?? (base === undefined ? '' : `${base}/v1/traces`)
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined
}

const samplerOf = (given: Given): string => given['OTEL_TRACES_SAMPLER']?.trim() ?? 'always_on'

function shareOf(given: Given): number {
  const kind = SAMPLERS[samplerOf(given)]
  if (kind === 'share') return Number(given['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  return kind === 'none' ? 0 : 1
}

/** `name=value,name=value`, percent-encoded, as OpenTelemetry has its lists. */
function readPairs(list: string | undefined): Record<string, string> | undefined {
  const pairs: Record<string, string> = {}
  for (const entry of (list ?? '').split(',')) {
    if (entry.trim() === '') continue
    const at = entry.indexOf('=')
    const name = entry.slice(0, Math.max(0, at)).trim()
    if (name === '') return undefined
    try {
      pairs[decodeURIComponent(name)] = decodeURIComponent(entry.slice(at + 1).trim())
    } catch {
      return undefined
    }
  }
  return pairs
}
