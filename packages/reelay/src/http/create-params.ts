import { ApiError, invalidValue } from './api-error.ts'
import type { HttpDeps } from './deps.ts'
import { fieldOf, nearestName, type FieldName } from './field-names.ts'
import { booleanOf, integerOf, objectOf, secondsOf, textOf, type Field } from './field-values.ts'
import { geometryOf, type Geometry } from './geometry-fields.ts'
import { inputSourcesOf, type InputSource } from './input-sources.ts'
import type { JsonObject } from './parse-json.ts'
import { UploadedFile } from './uploaded-file.ts'
import { webhookUrl } from './webhook-url.ts'

/** A create request, decoded and checked as far as that is possible without knowing the model. */
export type CreateParams = Geometry & {
  model: string
  prompt: string
  seconds: string | null
  negativePrompt: string | null
  seed: number | null
  generateAudio: boolean | null
  inputs: readonly InputSource[]
  callbackUrl: string | null
  metadata: JsonObject | null
  providerOptions: JsonObject
  deadlineSeconds: number | null
  normalize: 'none' | 'nearest'
}

const MODEL_CHARACTERS_MAX = 256
const URL_CHARACTERS_MAX = 2_048
const OBJECT_BYTES_MAX = 16 * 1024
const DEADLINE_SECONDS = { min: 60, max: 604_800 }
const SEED = { min: -1, max: Number.MAX_SAFE_INTEGER }

type Fields = Partial<Record<FieldName, Field>>

export type CreateRules = Pick<HttpDeps, 'refuseCallbackUrl'> & {
  settings: Pick<HttpDeps['settings'], 'defaultModel' | 'limits'>
}

/** @throws ApiError on the first field that is missing, unknown or wrong */
export function createParamsOf(raw: Readonly<Record<string, unknown>>, rules: CreateRules): CreateParams {
  const fields = knownFields(raw)
  const { promptCharactersMax, filesMax } = rules.settings.limits
  const prompt = textOf(fields.prompt, promptCharactersMax)
  if (prompt === null) throw missing('prompt', 'say what the video shows')
  const model = textOf(fields.model, MODEL_CHARACTERS_MAX)?.trim() ?? rules.settings.defaultModel
  if (model === null) throw missing('model', 'GET /v1/models lists the names')
  const params: CreateParams = {
    model,
    prompt,
    seconds: secondsOf(fields.seconds),
    ...geometryOf({
      ...(fields.size === undefined ? {} : { size: fields.size }),
      ...(fields.resolution === undefined ? {} : { resolution: fields.resolution }),
      ...(fields.aspect_ratio === undefined ? {} : { aspectRatio: fields.aspect_ratio }),
    }),
    negativePrompt: textOf(fields.negative_prompt, promptCharactersMax),
    seed: integerOf(fields.seed, SEED),
    generateAudio: booleanOf(fields.generate_audio),
    inputs: inputsOf(fields),
    callbackUrl: callbackUrlOf(fields.callback_url, rules),
    metadata: objectOf(fields.metadata, OBJECT_BYTES_MAX),
    providerOptions: objectOf(fields.provider_options, OBJECT_BYTES_MAX) ?? {},
    deadlineSeconds: integerOf(fields.deadline, DEADLINE_SECONDS),
    normalize: normalizeOf(fields.normalize),
  }
  const surplus = params.inputs[filesMax]
  if (surplus !== undefined) throw invalidValue(surplus.param, `Send at most ${filesMax} input files.`)
  return params
}

/** @throws ApiError `unknown_parameter`; `invalid_value` when two names of one field disagree */
function knownFields(raw: Readonly<Record<string, unknown>>): Fields {
  const fields: Fields = {}
  for (const [name, value] of Object.entries(raw)) {
    const field = fieldOf(name)
    if (field === undefined) {
      const message = `${name.slice(0, 80)} is not a parameter of this route. Did you mean ${nearestName(name)}?`
      throw new ApiError('unknown_parameter', message, { param: name.slice(0, 80) })
    }
    if (value === null || value === undefined) continue
    fields[field] = merged(fields[field], { name, value })
  }
  refuseFiles(fields)
  return fields
}

/** Inputs add up, whatever they are called; everything else is said once. */
function merged(earlier: Field | undefined, added: Field): Field {
  if (earlier === undefined) return added
  const isInput = fieldOf(added.name) === 'input_reference'
  if (isInput) return { name: earlier.name, value: [...listOf(earlier.value), ...listOf(added.value)] }
  if (JSON.stringify(earlier.value) === JSON.stringify(added.value)) return earlier
  throw invalidValue(added.name, `${earlier.name} and ${added.name} mean the same: give only one of them.`)
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const INPUT_FIELDS: readonly FieldName[] = ['input_reference', 'first_frame', 'last_frame', 'video']

function refuseFiles(fields: Fields): void {
  for (const { name, value } of Object.values(fields)) {
    const field = fieldOf(name)
    if (field !== undefined && !INPUT_FIELDS.includes(field) && holdsFile(value)) {
      throw invalidValue(name, `${name} is no file: send it as a form field without a file name.`)
    }
  }
}

/** Bounded by the depth that forms and JSON are read to. */
function holdsFile(value: unknown): boolean {
  if (value instanceof UploadedFile) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsFile)
}

const inputsOf = (fields: Fields): InputSource[] => [
  ...inputSourcesOf(fields.input_reference, 'reference'),
  ...inputSourcesOf(fields.first_frame, 'first_frame'),
  ...inputSourcesOf(fields.last_frame, 'last_frame'),
  ...inputSourcesOf(fields.video, 'video'),
]

function callbackUrlOf(field: Field | undefined, rules: CreateRules): string | null {
  const text = textOf(field, URL_CHARACTERS_MAX)?.trim() ?? null
  return text === null || field === undefined ? null : webhookUrl(field.name, text, rules.refuseCallbackUrl)
}

function normalizeOf(field: Field | undefined): 'none' | 'nearest' {
  const word = textOf(field, 16)?.trim().toLowerCase() ?? 'none'
  if (word === 'none' || word === 'nearest') return word
  throw invalidValue(field?.name ?? 'normalize', 'normalize must be "none" or "nearest".')
}

const missing = (param: string, hint: string): ApiError =>
  new ApiError('missing_required_parameter', `${param} is required: ${hint}.`, { param })
