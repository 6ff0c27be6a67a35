import { errorFromAnswer, unexpectedAnswer } from './answer.ts'
import { isRecord, numberOf, recordOf, textOf, textsOf, type JsonRecord } from './json.ts'
import type { Transport } from './transport.ts'
import type {
  InputRole,
  LackedParameter,
  Model,
  ModelCapabilities,
  ModelPrice,
  PriceRate,
  SecondsRange,
} from './wire.ts'

export interface ModelsClient {
  /**
   * The models that the server can reach now. `capabilities` is null on servers that do not describe them.
   */
  list(options?: { signal?: AbortSignal | undefined }): Promise<Model[]>
}

export function createModelsClient(transport: Transport): ModelsClient {
  return {
    list: async (options = {}) => {
      const answer = await transport.request({
        method: 'GET',
        path: '/v1/models',
        headers: { accept: 'application/json' },
        signal: options.signal,
      })
      const body = recordOf(answer.body)
      if (!Array.isArray(body['data'])) {
        throw body['error'] != null ? errorFromAnswer(answer) : unexpectedAnswer(answer, 'a list of models')
      }
      const entries: readonly unknown[] = body['data']
      return entries.flatMap((entry) => (isRecord(entry) ? (modelOf(entry) ?? []) : []))
    },
  }
}

function modelOf(entry: JsonRecord): Model | null {
  const id = textOf(entry['id'])
  if (id === null) return null
  return {
    id,
    object: 'model',
    created: numberOf(entry['created']) ?? 0,
    owned_by: textOf(entry['owned_by']) ?? '',
    capabilities: isRecord(entry['capabilities']) ? capabilitiesOf(entry['capabilities']) : null,
    price: isRecord(entry['price']) ? priceOf(entry['price']) : null,
  }
}

function capabilitiesOf(value: JsonRecord): ModelCapabilities {
  const audio = value['audio']
  const lacks = LACKED.filter((name) => textsOf(value['lacks']).includes(name))
  return {
    seconds: isRecord(value['seconds']) ? secondsRangeOf(value['seconds']) : null,
    sizes: textsOf(value['sizes']),
    ratios: textsOf(value['ratios']),
    resolutions: textsOf(value['resolutions']),
    inputs: inputsOf(recordOf(value['inputs'])),
    audio: audio === 'optional' || audio === 'always' ? audio : 'never',
    ...(value['frames_set_ratio'] === true ? { frames_set_ratio: true } : {}),
    ...(lacks.length === 0 ? {} : { lacks }),
  }
}

function secondsRangeOf(value: JsonRecord): SecondsRange | null {
  const min = numberOf(value['min'])
  const max = numberOf(value['max'])
  if (min === null || max === null) return null
  const listed: readonly unknown[] | null = Array.isArray(value['values']) ? value['values'] : null
  const values = listed?.map(numberOf).filter((seconds) => seconds !== null) ?? null
  return { min, max, values, default: numberOf(value['default']) }
}

const LACKED: readonly LackedParameter[] = ['negative_prompt', 'seed']

const ROLES: readonly InputRole[] = ['reference', 'first_frame', 'last_frame', 'video']

function inputsOf(value: JsonRecord): Partial<Record<InputRole, number>> {
  const counts = ROLES.map((role): [InputRole, number] => [role, numberOf(value[role]) ?? 0])
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

function priceOf(value: JsonRecord): ModelPrice | null {
  const currency = textOf(value['currency'])
  if (currency === null) return null
  const rates = Array.isArray(value['by_resolution']) ? value['by_resolution'].flatMap(resolutionRateOf) : []
  const asOf = textOf(value['as_of'])
  const source = textOf(value['source'])
  return {
    currency,
    ...rateOf(value),
    ...(rates.length === 0 ? {} : { by_resolution: rates }),
    ...(asOf === null ? {} : { as_of: asOf }),
    ...(source === null ? {} : { source }),
  }
}

const rateOf = (value: JsonRecord): PriceRate => ({
  per_second: textOf(value['per_second']),
  per_video: textOf(value['per_video']),
})

function resolutionRateOf(value: unknown): (PriceRate & { resolution: string })[] {
  const record = recordOf(value)
  const resolution = textOf(record['resolution'])
  return resolution === null ? [] : [{ resolution, ...rateOf(record) }]
}
