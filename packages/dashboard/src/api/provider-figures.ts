import { PAGE_HEADER } from './session.ts'

/** What this process of the gateway has counted of a provider since it was started. */
export type ProviderFigures = {
  polls: number
  /** From the end of a job to the look that saw it, on average; null: no job has ended yet. */
  detectionSeconds: number | null
  /** Some of those ends are known only to lie between two looks: the average is then the longest that it can be. */
  isBound: boolean
}

/** By the name of the provider. */
export type FiguresByProvider = ReadonlyMap<string, ProviderFigures>

const POLLS = 'reelay_polls_total'
const SUM = 'reelay_detection_delay_seconds_sum'
const COUNT = 'reelay_detection_delay_seconds_count'

type Sample = { name: string; labels: ReadonlyMap<string, string>; value: number }

export async function readProviderFigures(signal: AbortSignal): Promise<FiguresByProvider> {
  const response = await fetch('/metrics', { headers: PAGE_HEADER, credentials: 'same-origin', signal })
  if (!response.ok) throw new Error(`The gateway answered ${response.status}.`)
  return figuresOf(await response.text())
}

/** @param text in Prometheus' format */
export function figuresOf(text: string): FiguresByProvider {
  const samples = text.split('\n').flatMap((line) => sampleOf(line) ?? [])
  const providers = new Set(samples.flatMap(({ labels }) => labels.get('provider') ?? []))
  return new Map([...providers].map((provider) => [provider, figuresOfProvider(samples, provider)]))
}

function figuresOfProvider(samples: readonly Sample[], provider: string): ProviderFigures {
  const own = samples.filter(({ labels }) => labels.get('provider') === provider)
  const total = (name: string): number =>
    own.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0)
  const count = total(COUNT)
  return {
    polls: total(POLLS),
    detectionSeconds: count === 0 ? null : total(SUM) / count,
    isBound: own.some(
      ({ name, labels, value }) => name === COUNT && labels.get('measured') === 'bound' && value > 0,
    ),
  }
}

/** One line with a value. Only the metrics that are shown are read. */
function sampleOf(line: string): Sample | undefined {
  const match = /^([a-z_]+)\{([^}]*)\} (\S+)$/.exec(line)
  if (match === null) return undefined
  const [, name = '', labels = '', value = ''] = match
  if (name !== POLLS && name !== SUM && name !== COUNT) return undefined
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, key = '', text = '']) => [key, text] as const,
  )
  return { name, labels: new Map(pairs), value: Number(value) }
}
