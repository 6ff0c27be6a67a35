import { isDeepStrictEqual } from 'node:util'
import type { Answer } from '../../answer.ts'
import type { Wish } from '../../dialect.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { awsError, validationError } from './errors.ts'
import { outputUri } from './storage.ts'

type Fields = Readonly<Record<string, unknown>>

const SHOT_CHARACTERS_MAX = 512
const STORY_CHARACTERS_MAX = 4_000
const RAY_CHARACTERS_MAX = 5_000
const SHOTS_MAX = 20
const SHOT_SECONDS = 6

const shotTexts = (input: Fields): readonly string[] =>
  listField(recordField(input, 'multiShotManualParams'), 'shots').map((shot) =>
    textField(recordField({ shot }, 'shot'), 'text'),
  )

/** The texts of an input of any model, where that model has them. */
function textsOf(input: Fields): readonly string[] {
  switch (input['taskType']) {
    case 'TEXT_VIDEO':
      return [textField(recordField(input, 'textToVideoParams'), 'text')]
    case 'MULTI_SHOT_AUTOMATED':
      return [textField(recordField(input, 'multiShotAutomatedParams'), 'text')]
    case 'MULTI_SHOT_MANUAL':
      return shotTexts(input)
    default:
      return [textField(input, 'prompt')]
  }
}

export function read({ fields }: SimulatorRequest): Wish {
  return {
    prompt: textsOf(recordField(fields, 'modelInput')).join('\n'),
    model: textField(fields, 'modelId').split('foundation-model/').at(-1) ?? '',
    clientToken: textField(fields, 'clientRequestToken') || null,
  }
}

function textRefusal(text: string, charactersMax: number): string | null {
  const { length } = Array.from(text)
  return length >= 1 && length <= charactersMax
    ? null
    : `The text must have 1 to ${charactersMax} characters; it has ${length}.`
}

function enumRefusal(input: Fields, name: string, values: readonly string[]): string | null {
  const value = textField(input, name)
  if (input[name] === undefined || values.includes(value)) return null
  return `${name}: ${value} is not a valid enum value: use one of ${values.join(', ')}.`
}

/** The length of Nova Reel's video, in whole shots. */
function reelSecondsRefusal(input: Fields, isOneShot: boolean): string | null {
  const { durationSeconds: seconds } = recordField(input, 'videoGenerationConfig')
  const isWhole = typeof seconds === 'number' && seconds % SHOT_SECONDS === 0
  const shots = isWhole ? seconds / SHOT_SECONDS : 0
  const isGood = isOneShot ? shots === 1 : shots >= 2 && shots <= SHOTS_MAX
  return isGood ? null : `durationSeconds: ${String(seconds)} is not a length that this task type makes.`
}

function reelRefusal(input: Fields, model: string): string | null {
  const taskTypes = ['TEXT_VIDEO', 'MULTI_SHOT_AUTOMATED', 'MULTI_SHOT_MANUAL']
  const taskType = textField(input, 'taskType')
  const config = recordField(input, 'videoGenerationConfig')
  if (taskType === '') return 'taskType is required.'
  const served = model === 'amazon.nova-reel-v1:0' ? taskTypes.slice(0, 1) : taskTypes
  const wrong =
    enumRefusal(input, 'taskType', served) ??
    enumRefusal(config, 'dimension', ['1280x720']) ??
    enumRefusal(config, 'fps', ['24'])
  if (wrong !== null) return wrong
  const texts = textsOf(input)
  switch (taskType) {
    case 'TEXT_VIDEO':
      return textRefusal(texts[0] ?? '', SHOT_CHARACTERS_MAX) ?? reelSecondsRefusal(input, true)
    case 'MULTI_SHOT_AUTOMATED':
      return textRefusal(texts[0] ?? '', STORY_CHARACTERS_MAX) ?? reelSecondsRefusal(input, false)
    default: {
      if (texts.length < 1 || texts.length > SHOTS_MAX) return `There must be 1 to ${SHOTS_MAX} shots.`
      return (
        texts.map((text) => textRefusal(text, SHOT_CHARACTERS_MAX)).find((reason) => reason !== null) ?? null
      )
    }
  }
}

function rayRefusal(input: Fields): string | null {
  return (
    textRefusal(textField(input, 'prompt'), RAY_CHARACTERS_MAX) ??
    enumRefusal(input, 'aspect_ratio', ['1:1', '16:9', '9:16', '4:3', '3:4', '21:9', '9:21']) ??
    enumRefusal(input, 'duration', ['5s', '9s']) ??
    enumRefusal(input, 'resolution', ['540p', '720p'])
  )
}

/** The limits are those of the models' own pages, the words are assumed. */
function inputRefusal(input: Fields, model: string): string | null {
  if (model.startsWith('amazon.nova-reel')) return reelRefusal(input, model)
  return model.startsWith('luma.ray') ? rayRefusal(input) : null
}

const TOKEN = /^[!-~]{1,256}$/u
const S3_URI = /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](?:\/.*)?$/u

/** What is wrong with one of its own fields, in the words that all of AWS has for it. */
function fieldRefusal(fields: Fields): string | null {
  const nothing = ['modelId', 'modelInput', 'outputDataConfig'].filter((name) => fields[name] === undefined)
  const problems = [
    ...nothing.map((name) => `Value at '${name}' failed to satisfy constraint: Member must not be null`),
    ...(fields['clientRequestToken'] === undefined || TOKEN.test(textField(fields, 'clientRequestToken'))
      ? []
      : ["Value at 'clientRequestToken' failed to satisfy constraint: 1 to 256 visible characters"]),
    ...(nothing.includes('outputDataConfig') || S3_URI.test(outputUri(fields))
      ? []
      : ["Value at 'outputDataConfig.s3OutputDataConfig.s3Uri' failed to satisfy constraint"]),
  ]
  if (problems.length === 0) return null
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`
  return `${count}: ${problems.join('; ')}`
}

/** Why a create is refused; null when it is not. A token that is known wants its very request again. */
export function refuse(request: SimulatorRequest, verbs: Verbs): Answer | null {
  const { broken, fields } = request
  if (broken !== null) return awsError(400, 'SerializationException', broken)
  const { model, clientToken } = read(request)
  const message = fieldRefusal(fields) ?? inputRefusal(recordField(fields, 'modelInput'), model)
  if (message !== null) return validationError(message)
  const known = clientToken == null ? null : verbs.byToken(clientToken)
  return known === null || isDeepStrictEqual(known.task.fields, fields)
    ? null
    : awsError(400, 'ConflictException', 'The client request token was used with other parameters.')
}
