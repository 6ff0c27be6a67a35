import type { InputRole, Model, ModelCapabilities } from '@reelay/sdk'
import type { SampleRequest } from '../../code-samples.ts'
import type { Draft } from './draft.ts'

/** A file that somebody chose. Its id tells two of the same name apart. */
export type ChosenFile = { id: string; role: InputRole; file: File }

/** What the form holds: text as it was typed, `''` for what is left to the model. */
export type FormState = {
  model: string
  prompt: string
  seconds: string
  size: string
  ratio: string
  resolution: string
  negativePrompt: string
  seed: string
  audio: '' | 'true' | 'false'
  callbackUrl: string
  files: readonly ChosenFile[]
}

export const EMPTY_FORM: FormState = {
  model: '',
  prompt: '',
  seconds: '',
  size: '',
  ratio: '',
  resolution: '',
  negativePrompt: '',
  seed: '',
  audio: '',
  callbackUrl: '',
  files: [],
}

export const formOf = ({ model, prompt, seconds, size }: Draft): FormState => ({
  ...EMPTY_FORM,
  model,
  prompt,
  seconds: seconds ?? '',
  size: size ?? '',
})

export type Field = Exclude<keyof FormState, 'model' | 'prompt' | 'callbackUrl'>

const ROLES: readonly InputRole[] = ['reference', 'first_frame', 'last_frame', 'video']

/** The field of the API that files of a role go to. */
export const ROLE_FIELDS: Readonly<Record<InputRole, string>> = {
  reference: 'input_reference',
  first_frame: 'first_frame',
  last_frame: 'last_frame',
  video: 'video',
}

/** How many files of each role the model takes; those that it takes none of are absent. */
export const inputCounts = ({ inputs }: ModelCapabilities): { role: InputRole; countMax: number }[] =>
  ROLES.flatMap((role) => {
    const countMax = inputs[role] ?? 0
    return countMax > 0 ? [{ role, countMax }] : []
  })

const hasFrames = (files: readonly ChosenFile[]): boolean =>
  files.some(({ role }) => role === 'first_frame' || role === 'last_frame')

/** Whether the model has a place for a field, with the files that were chosen. */
export function isOffered(
  field: Field,
  capabilities: ModelCapabilities,
  files: readonly ChosenFile[],
): boolean {
  const isShaped = capabilities.frames_set_ratio === true && hasFrames(files)
  switch (field) {
    case 'seconds':
      return capabilities.seconds !== null
    case 'size':
      return capabilities.sizes.length > 0 && !isShaped
    case 'ratio':
      return capabilities.ratios.length > 0 && !isShaped
    case 'resolution':
      return capabilities.resolutions.length > 0
    case 'negativePrompt':
      return capabilities.lacks?.includes('negative_prompt') !== true
    case 'seed':
      return capabilities.lacks?.includes('seed') !== true
    case 'audio':
      return capabilities.audio === 'optional'
    case 'files':
      return inputCounts(capabilities).length > 0
  }
}

const listed = (value: string, values: readonly string[]): string => (values.includes(value) ? value : '')

/** The form for another model: what was typed stays, what that model cannot be asked for goes. */
export function fitForm(form: FormState, { id, capabilities }: Model): FormState {
  if (capabilities === null) return { ...form, model: id }
  const files = inputCounts(capabilities).flatMap(({ role, countMax }) =>
    form.files.filter((file) => file.role === role).slice(0, countMax),
  )
  const keeps = (field: Field): boolean => isOffered(field, capabilities, files)
  return {
    ...form,
    model: id,
    files,
    seconds: secondsError(form.seconds, capabilities) === null && keeps('seconds') ? form.seconds : '',
    size: keeps('size') ? listed(form.size, capabilities.sizes) : '',
    ratio: keeps('ratio') ? listed(form.ratio, capabilities.ratios) : '',
    resolution: keeps('resolution') ? listed(form.resolution, capabilities.resolutions) : '',
    negativePrompt: keeps('negativePrompt') ? form.negativePrompt : '',
    seed: keeps('seed') ? form.seed : '',
    audio: keeps('audio') ? form.audio : '',
  }
}

/** What is wrong with a length, and what to do; null when nothing is. */
export function secondsError(text: string, { seconds }: ModelCapabilities): string | null {
  if (text === '' || seconds === null) return null
  const value = Number(text)
  const isLegal =
    seconds.values === null
      ? Number.isInteger(value) && value >= seconds.min && value <= seconds.max
      : seconds.values.includes(value)
  if (isLegal) return null
  return seconds.values === null
    ? `Take a whole number from ${seconds.min} to ${seconds.max}.`
    : `Take one of ${seconds.values.join(', ')}.`
}

const SEED = /^\d{1,15}$/

export const seedError = (text: string): string | null =>
  text === '' || SEED.test(text) ? null : 'A seed is a whole number of at most 15 digits.'

/** Whether there is anything to send. The gateway decides what of it is legal. */
export const isReady = (form: FormState, { capabilities }: Model): boolean =>
  form.prompt.trim() !== '' &&
  seedError(form.seed) === null &&
  (capabilities === null || secondsError(form.seconds, capabilities) === null)

/** The fields of the request that are no files, by their names in the API. */
export type RequestFields = {
  model: string
  prompt: string
  seconds: string | undefined
  size: string | undefined
  aspect_ratio: string | undefined
  resolution: string | undefined
  negative_prompt: string | undefined
  seed: number | undefined
  generate_audio: boolean | undefined
  callback_url: string | undefined
}

/** What is left to the model is undefined. */
export const requestFields = (form: FormState): RequestFields => ({
  model: form.model,
  prompt: form.prompt,
  seconds: form.seconds || undefined,
  size: form.size || undefined,
  aspect_ratio: form.ratio || undefined,
  resolution: form.resolution || undefined,
  negative_prompt: form.negativePrompt || undefined,
  seed: form.seed === '' ? undefined : Number(form.seed),
  generate_audio: form.audio === '' ? undefined : form.audio === 'true',
  callback_url: form.callbackUrl.trim() || undefined,
})

/** The request as an example, with its files by name. */
export const sampleOf = (form: FormState): SampleRequest => ({
  fields: requestFields(form),
  files: form.files.map(({ role, file }) => ({ field: ROLE_FIELDS[role], name: file.name })),
})
