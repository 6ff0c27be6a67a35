import type { ModelCapabilities } from '@reelay/sdk'
import { isRecord, textOf } from '../../system/json.ts'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { VideoRequest } from '../../task/request.ts'
import { arrangeInputs } from '../arrange-inputs.ts'
import { base64Of } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsPixels } from '../size-as-pixels.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Every shot of Nova Reel lasts as long as this. */
const SHOT_SECONDS = 6
const SHOTS_MAX = 20
const SHOT_CHARACTERS_MAX = 512

/** Of one text that the model divides into shots by itself. */
const STORY_CHARACTERS_MAX = 4_000

const REEL_SIZE = { width: 1280, height: 720 }
const REEL_FRAMES_PER_SECOND = 24
const SEED_MAX = 2_147_483_646
const RAY_CHARACTERS_MAX = 5_000
const RAY_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '9:21']
const RAY_TIERS = ['540p', '720p']

type Refused = { refused: string }
type ModelInput = Record<string, unknown>

/** Models whose input has the same shape. */
type Family = {
  /** How their names begin. */
  prefix: string
  /** The keys of `provider_options` that they know. */
  options: readonly string[]
  inputOf: (start: StartRequest, known: ProviderModel | undefined) => Promise<ModelInput | Refused>
}

const FAMILIES: readonly Family[] = [
  { prefix: 'amazon.nova-reel-', options: ['shots'], inputOf: reelInput },
  { prefix: 'luma.ray-', options: ['loop'], inputOf: rayInput },
]

/** The models' own parameters. Those that name buckets are left out. */
export const BEDROCK_OPTIONS: readonly string[] = FAMILIES.flatMap(({ options }) => options)

const model = (id: string, capabilities: ModelCapabilities): ProviderModel => ({
  id,
  capabilities,
  price: null,
})

function reel(id: string, shotsMax: number): ProviderModel {
  const values = Array.from({ length: shotsMax }, (_, index) => (index + 1) * SHOT_SECONDS)
  return model(id, {
    seconds: { min: SHOT_SECONDS, max: shotsMax * SHOT_SECONDS, values, default: SHOT_SECONDS },
    sizes: ['1280x720'],
    ratios: [],
    resolutions: [],
    inputs: { first_frame: 1 },
    audio: 'never',
    lacks: ['negative_prompt'],
  })
}

/** Other names of the same families may be given as `bedrock/<model>`. */
export const BEDROCK_MODELS: readonly ProviderModel[] = [
  reel('amazon.nova-reel-v1:1', SHOTS_MAX),
  reel('amazon.nova-reel-v1:0', 1),
  model('luma.ray-v2:0', {
    seconds: { min: 5, max: 9, values: [5, 9], default: 5 },
    sizes: [],
    ratios: RAY_RATIOS,
    resolutions: RAY_TIERS,
    inputs: { first_frame: 1, last_frame: 1 },
    audio: 'never',
    lacks: ['negative_prompt', 'seed'],
  }),
]

const FORMATS: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpeg' }

const pictureRefusal = ({ mime }: InputFile): Refused | null =>
  FORMATS[mime] === undefined ? { refused: `Bedrock takes PNG and JPEG pictures, not ${mime}.` } : null

function textRefusal(text: string, what: string, charactersMax: number): Refused | null {
  const characters = Array.from(text).length
  if (text.trim() !== '' && characters <= charactersMax) return null
  return { refused: `${what} has 1 to ${charactersMax} characters here, not ${characters}.` }
}

/** The texts of the shots after the first one, whose text is the prompt; null when the request names none. */
function furtherShots({ providerOptions: { shots } }: VideoRequest): string[] | null | Refused {
  if (shots === undefined) return null
  const texts = Array.isArray(shots) ? shots.map(textOf).filter((text) => text !== null) : []
  if (
    !Array.isArray(shots) ||
    texts.length !== shots.length ||
    texts.length === 0 ||
    texts.length >= SHOTS_MAX
  ) {
    return {
      refused: `provider_options.shots is a list of 1 to ${SHOTS_MAX - 1} texts, one for each further shot.`,
    }
  }
  return texts
}

async function reelPicture(file: InputFile): Promise<object> {
  return { format: FORMATS[file.mime], source: { bytes: await base64Of(file) } }
}

/** Each shot with a text of its own, the picture being where the first one begins. */
async function shotsInput(
  texts: readonly string[],
  { seconds }: VideoRequest,
  picture: InputFile | null,
): Promise<ModelInput | Refused> {
  const length = texts.length * SHOT_SECONDS
  if (seconds !== null && Number(seconds) !== length) {
    return { refused: `${texts.length} shots make ${length} seconds: leave seconds out, or say ${length}.` }
  }
  for (const [index, text] of texts.entries()) {
    const refusal = textRefusal(text, `The text of shot ${index + 1}`, SHOT_CHARACTERS_MAX)
    if (refusal !== null) return refusal
  }
  const image = picture === null ? {} : { image: await reelPicture(picture) }
  const shots = texts.map((text, index) => (index === 0 ? { text, ...image } : { text }))
  return { taskType: 'MULTI_SHOT_MANUAL', multiShotManualParams: { shots } }
}

/** One text: a single shot, or so many that the model divides it by itself. */
async function storyInput(
  { prompt: text, seconds }: VideoRequest,
  picture: InputFile | null,
): Promise<ModelInput | Refused> {
  const durationSeconds = seconds === null ? SHOT_SECONDS : Number(seconds)
  const videoGenerationConfig = { durationSeconds }
  if (durationSeconds <= SHOT_SECONDS) {
    const images = picture === null ? null : [await reelPicture(picture)]
    const textToVideoParams = withoutNulls({ text, images })
    return (
      textRefusal(text, 'The prompt of a video of one shot', SHOT_CHARACTERS_MAX) ?? {
        taskType: 'TEXT_VIDEO',
        textToVideoParams,
        videoGenerationConfig,
      }
    )
  }
  if (picture !== null) {
    return {
      refused: `Nova Reel takes a first_frame with ${SHOT_SECONDS} seconds, or with provider_options.shots.`,
    }
  }
  return (
    textRefusal(text, 'The prompt', STORY_CHARACTERS_MAX) ?? {
      taskType: 'MULTI_SHOT_AUTOMATED',
      multiShotAutomatedParams: { text },
      videoGenerationConfig,
    }
  )
}

/** What Nova Reel cannot make, whatever its task. */
function reelRefusal(request: VideoRequest): Refused | null {
  const misplaced = refuseFields(request, {
    provider: 'Nova Reel',
    fields: ['negativePrompt', 'generateAudio'],
  })
  if (misplaced !== null) return misplaced
  const pixels = sizeAsPixels(request, 'Nova Reel')
  if ('refused' in pixels) return pixels
  const { width, height } = REEL_SIZE
  if ((pixels.width ?? width) !== width || (pixels.height ?? height) !== height) {
    return { refused: `Nova Reel makes ${width}x${height} only.` }
  }
  const { seed } = request
  return seed !== null && (seed < 0 || seed > SEED_MAX)
    ? { refused: `The seed of Nova Reel is from 0 to ${SEED_MAX}.` }
    : null
}

async function reelInput(
  start: StartRequest,
  known: ProviderModel | undefined,
): Promise<ModelInput | Refused> {
  const request = fitToModel(start.request, known)
  const inputs = arrangeInputs(start.inputs, { takesReferences: false })
  if ('refused' in inputs) return inputs
  const { firstFrame, lastFrame } = inputs
  if (lastFrame !== null) return { refused: 'Nova Reel takes no last_frame.' }
  const refusal = reelRefusal(request) ?? (firstFrame === null ? null : pictureRefusal(firstFrame))
  if (refusal !== null) return refusal
  const further = furtherShots(request)
  if (further !== null && 'refused' in further) return further
  const secondsMax = known?.capabilities?.seconds?.max ?? SHOTS_MAX * SHOT_SECONDS
  if (further !== null && (further.length + 1) * SHOT_SECONDS > secondsMax) {
    return {
      refused: `The model ${start.model} makes ${secondsMax} seconds, ${SHOT_SECONDS} a shot: name fewer.`,
    }
  }
  const input =
    further === null
      ? await storyInput(request, firstFrame)
      : await shotsInput([request.prompt, ...further], request, firstFrame)
  if ('refused' in input) return input
  const { videoGenerationConfig } = input
  const config = withoutNulls({
    ...(isRecord(videoGenerationConfig) ? videoGenerationConfig : {}),
    fps: REEL_FRAMES_PER_SECOND,
    dimension: `${REEL_SIZE.width}x${REEL_SIZE.height}`,
    seed: request.seed,
  })
  return { ...input, videoGenerationConfig: config }
}

async function keyframe(file: InputFile | null): Promise<object | null> {
  if (file === null) return null
  return {
    type: 'image',
    source: { type: 'base64', media_type: file.mime, data: await base64Of(file) },
  }
}

async function rayInput(
  start: StartRequest,
  known: ProviderModel | undefined,
): Promise<ModelInput | Refused> {
  const inputs = arrangeInputs(start.inputs, { takesReferences: false })
  if ('refused' in inputs) return inputs
  const request = sizeAsTier(fitToModel(start.request, known), { ratios: RAY_RATIOS, resolutions: RAY_TIERS })
  if ('refused' in request) return request
  const misplaced = refuseFields(request, {
    provider: 'Ray',
    fields: ['negativePrompt', 'seed', 'generateAudio'],
  })
  const { firstFrame, lastFrame } = inputs
  const frames = [firstFrame, lastFrame].filter((frame) => frame !== null)
  const [refusal] = [
    misplaced,
    textRefusal(request.prompt, 'The prompt', RAY_CHARACTERS_MAX),
    ...frames.map(pictureRefusal),
  ].filter((reason) => reason !== null)
  if (refusal !== undefined) return refusal
  const keyframes = withoutNulls({ frame0: await keyframe(firstFrame), frame1: await keyframe(lastFrame) })
  return withoutNulls({
    prompt: request.prompt,
    aspect_ratio: request.aspectRatio,
    resolution: request.resolution,
    duration: request.seconds === null ? null : `${request.seconds}s`,
    loop: request.providerOptions['loop'],
    keyframes: frames.length === 0 ? null : keyframes,
  })
}

/** The create of one video that is put under `outputUri`, or why it cannot be asked for. */
export async function bedrockBody(start: StartRequest, outputUri: string): Promise<UpstreamBody | Refused> {
  const family = FAMILIES.find(({ prefix }) => start.model.startsWith(prefix))
  if (family === undefined) {
    const prefixes = FAMILIES.map(({ prefix }) => `${prefix}…`).join(' or ')
    return { refused: `How ${start.model} is asked for a video is not known here: name ${prefixes}.` }
  }
  const misplaced = Object.keys(start.request.providerOptions).filter(
    (name) => !family.options.includes(name),
  )
  if (misplaced.length > 0) {
    const names = misplaced.join(' and no ')
    return { refused: `The model ${start.model} has no ${names}: leave it out of provider_options.` }
  }
  const modelInput = await family.inputOf(
    start,
    BEDROCK_MODELS.find(({ id }) => id === start.model),
  )
  if ('refused' in modelInput && typeof modelInput.refused === 'string')
    return { refused: modelInput.refused }
  return jsonBody({
    modelId: start.model,
    modelInput,
    outputDataConfig: { s3OutputDataConfig: { s3Uri: outputUri } },
    clientRequestToken: start.clientToken,
  })
}
