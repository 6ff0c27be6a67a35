import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { AnswerTable, RequestWords } from './answer-table.ts'
import { capturingFetch } from './capture.ts'
import type { AiSdkModel, AiSdkModelFactory, AiSdkOptions } from './options.ts'
import { tableOf } from './tables.ts'
import { durableModel, type DurableVideoModel, type VideoCallOptions } from './video-model.ts'
import { wordTable } from './word-table.ts'

/** A model of the AI SDK, and all that the bridge knows of it. */
export type BridgedModel = {
  /** As clients name it. */
  id: string
  model: DurableVideoModel
  /** Whether its requests go through our `fetch`, so that the provider's own answers are seen. */
  isCaptured: boolean
  /** Whether one ever did: a factory can take our `fetch` and pass another on, which shows at its first start only. */
  sight: { isProven: boolean }
  answers: AnswerTable | null
  words: RequestWords
  capabilities: ModelCapabilities | null
  providerOptions: VideoCallOptions['providerOptions']
  onWarning: 'reject' | 'record'
}

function secondsOf(seconds: AiSdkModel['seconds']): SecondsRange | null {
  if (seconds === undefined) return null
  if ('min' in seconds) {
    return { min: seconds.min, max: seconds.max, values: null, default: seconds.default ?? null }
  }
  return {
    min: Math.min(...seconds),
    max: Math.max(...seconds),
    values: seconds,
    default: seconds[0] ?? null,
  }
}

/** Null when nothing is said of the model: then nothing is checked. */
function capabilitiesOf(given: AiSdkModel, words: RequestWords): ModelCapabilities | null {
  const { seconds, sizes, ratios, resolutions, inputs, audio } = given
  const described = [seconds, sizes, ratios, resolutions, inputs, audio, given.lacks]
  if (described.every((one) => one === undefined)) return null
  const lacks = [...new Set([...words.lacks, ...(given.lacks ?? [])])]
  return {
    seconds: secondsOf(seconds),
    sizes: sizes ?? [],
    ratios: ratios ?? [],
    resolutions: resolutions ?? [],
    inputs: inputs ?? {},
    audio: audio ?? 'optional',
    ...(lacks.length === 0 ? {} : { lacks }),
  }
}

/** @throws TypeError when the factory makes a model that sends its requests with a `fetch` of its own. */
async function madeBy(factory: AiSdkModelFactory, where: string): Promise<DurableVideoModel> {
  let isTaken = false
  const model = await factory({
    get fetch() {
      isTaken = true
      return capturingFetch
    },
  })
  if (typeof model !== 'object' || model === null) {
    throw new TypeError(
      `${where} is a function that gives no model: return what .video() of a provider gives.`,
    )
  }
  if (!isTaken) {
    throw new TypeError(
      `${where} is a function that leaves the given fetch unused, so the provider's answers ` +
        'would not be seen: write ({ fetch }) => createX({ apiKey, fetch }).video("...").',
    )
  }
  return durableModel(model, where)
}

async function bridged(id: string, given: AiSdkModel, options: AiSdkOptions): Promise<BridgedModel> {
  const where = `models[${JSON.stringify(id)}].model`
  const isCaptured = typeof given.model === 'function'
  const model =
    typeof given.model === 'function' ? await madeBy(given.model, where) : durableModel(given.model, where)
  const known = tableOf(model.provider)
  // A gateway of many providers names models after them, and its options too.
  const optionsKey = options.optionsKey ?? (known.words.optionsKey || (model.modelId.split('/', 1)[0] ?? ''))
  const words = { ...known.words, optionsKey }
  return {
    id,
    model,
    isCaptured,
    sight: { isProven: false },
    answers: options.table === undefined ? known.answers : wordTable(options.table),
    words,
    capabilities: capabilitiesOf(given, words),
    providerOptions: given.providerOptions ?? {},
    onWarning: given.onWarning ?? 'reject',
  }
}

/** @throws TypeError that names the model and what is wrong with it. */
export async function bridgedModels(options: AiSdkOptions): Promise<ReadonlyMap<string, BridgedModel>> {
  const models = new Map<string, BridgedModel>()
  for (const [id, given] of Object.entries(options.models)) models.set(id, await bridged(id, given, options))
  return models
}
