import type { ModelCapabilities } from '@reelay/sdk'
import type { ProviderModel } from '../task/capabilities.ts'
import type { VideoRequest } from '../task/request.ts'
import { arrangeInputs, type ArrangedInputs } from './arrange-inputs.ts'
import { fitToModel } from './fit-to-model.ts'
import type { InputFile, StartRequest } from './provider.ts'
import { refuseFields } from './refuse-fields.ts'
import { sizeAsTier } from './size-as-tier.ts'
import { withoutNulls } from './without-nulls.ts'

/** How a model spells its input; null: the model has no such field. */
export type InputFields = {
  /** `suffixed` is `8s`. */
  seconds: 'text' | 'number' | 'suffixed'
  firstFrame: string | null
  lastFrame: string | null
  references: string | null
  /** The model makes nothing without one. */
  needsFirstFrame?: boolean
  /** Where the resolution is not said as `resolution` and in our words. */
  resolution?: { field: string; words: Readonly<Record<string, string>> }
}

/** One model of a host where every model has an input schema of its own. */
export type HostedModel = { id: string; capabilities: ModelCapabilities; fields: InputFields }

export type ModelHost = {
  models: readonly HostedModel[]
  /** What is assumed of models that are not listed. */
  unlistedFields: (model: string) => InputFields
  /** How a file is written into a field. */
  spellFile: (file: InputFile) => Promise<string>
}

/** What models that are not listed are told of a size. */
const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']
const TIERS = ['480p', '720p', '1080p', '4k']

/** As the catalog shows it. */
export const hostedCatalog = (models: readonly HostedModel[]): readonly ProviderModel[] =>
  models.map(({ id, capabilities }) => ({ id, capabilities, price: null }))

function secondsAs(seconds: string | null, spelling: InputFields['seconds']): string | number | null {
  if (seconds === null) return null
  switch (spelling) {
    case 'text':
      return seconds
    case 'number':
      return Number(seconds)
    case 'suffixed':
      return `${seconds}s`
  }
}

function refusalOf(
  { firstFrame, lastFrame }: ArrangedInputs,
  model: string,
  fields: InputFields,
): string | null {
  if (firstFrame === null && fields.needsFirstFrame === true) {
    return `The model ${model} needs a first_frame.`
  }
  if (firstFrame !== null && fields.firstFrame === null) return `The model ${model} takes no pictures.`
  if (lastFrame === null) return null
  if (fields.lastFrame === null) return `The model ${model} takes no last_frame, as far as is known here.`
  return firstFrame === null ? `The model ${model} takes a last_frame only with a first_frame.` : null
}

async function pictureFields(
  { firstFrame, lastFrame, references }: ArrangedInputs,
  { fields, spellFile }: { fields: InputFields; spellFile: ModelHost['spellFile'] },
): Promise<Record<string, unknown>> {
  const pictures: Record<string, unknown> = {}
  if (firstFrame !== null && fields.firstFrame !== null)
    pictures[fields.firstFrame] = await spellFile(firstFrame)
  if (lastFrame !== null && fields.lastFrame !== null) pictures[fields.lastFrame] = await spellFile(lastFrame)
  if (references.length > 0 && fields.references !== null) {
    const spelled: string[] = []
    for (const file of references) spelled.push(await spellFile(file))
    pictures[fields.references] = spelled
  }
  return pictures
}

function resolutionField({ resolution }: VideoRequest, fields: InputFields): Record<string, unknown> {
  if (resolution === null) return {}
  const { field = 'resolution', words = {} } = fields.resolution ?? {}
  return { [field]: words[resolution] ?? resolution }
}

function lackedFields(known: HostedModel | undefined): ('negativePrompt' | 'seed')[] {
  const lacks = known?.capabilities.lacks ?? []
  return lacks.map((name) => (name === 'seed' ? 'seed' : 'negativePrompt'))
}

/** The model's input for a request, in that model's own words, or why it cannot be asked for. */
export async function hostedInput(
  start: StartRequest,
  { models, unlistedFields, spellFile }: ModelHost,
): Promise<{ input: Record<string, unknown> } | { refused: string }> {
  const { model } = start
  const known = models.find(({ id }) => id === model)
  const fields = known?.fields ?? unlistedFields(model)
  const inputs = arrangeInputs(start.inputs, { takesReferences: fields.references !== null })
  if ('refused' in inputs) return inputs
  const refused = refusalOf(inputs, model, fields)
  if (refused !== null) return { refused }
  const lacked = lackedFields(known)
  const misplaced = refuseFields(start.request, { provider: `The model ${model}`, fields: lacked })
  if (misplaced !== null) return misplaced
  const fitted = fitToModel(start.request, hostedCatalog(known === undefined ? [] : [known])[0])
  const request = sizeAsTier(fitted, known?.capabilities ?? { ratios: RATIOS, resolutions: TIERS })
  if ('refused' in request) return request
  const input = withoutNulls({
    ...request.providerOptions,
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    seed: request.seed,
    duration: secondsAs(request.seconds, fields.seconds),
    aspect_ratio: request.aspectRatio,
    ...resolutionField(request, fields),
    generate_audio: request.generateAudio,
    ...(await pictureFields(inputs, { fields, spellFile })),
  })
  return { input }
}
