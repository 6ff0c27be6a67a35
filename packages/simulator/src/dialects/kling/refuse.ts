import type { Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { errorOf, noSuchTask } from './answers.ts'
import { ALL_KLING_MODELS, KLING_MODELS, kindOf, secondsOf, type KlingKind } from './models.ts'

type Fields = Readonly<Record<string, unknown>>

const WORDS_MAX = 2_500
const IMAGES_MAX = 4

/** The fields whose values are a closed list. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['std', 'pro'],
  aspect_ratio: ['16:9', '9:16', '1:1'],
  sound: ['on', 'off'],
}

/** The code says that a field is wrong; which one stands in the sentence, whose wording is assumed. */
const invalid = (message: string): Answer => errorOf(400, 1201, message)

/** An address, or base64 by itself: with the head of a data URI before it, it is refused. */
const isImage = (image: string): boolean => /^https?:\/\//u.test(image) || /^[\w+/]+=*$/u.test(image)

function badImages(fields: Fields, kind: KlingKind): string | null {
  if (kind === 'text2video') return null
  const image = textField(fields, 'image')
  const tail = textField(fields, 'image_tail')
  const images = listField(fields, 'image_list').map((item) =>
    textField(recordField({ item }, 'item'), 'image'),
  )
  if (kind === 'image2video') {
    if (image === '' && tail === '') return 'image and image_tail cannot both be empty'
  } else if (images.length === 0 || images.length > IMAGES_MAX) {
    return `image_list must have from 1 to ${IMAGES_MAX} images`
  }
  const given = kind === 'image2video' ? [image, tail].filter((one) => one !== '') : images
  return given.every(isImage)
    ? null
    : 'image is no address and no base64: send it without "data:image/png;base64,"'
}

function badWords(fields: Fields, kind: KlingKind): string | null {
  const prompt = textField(fields, 'prompt')
  if (prompt.trim() === '' && kind !== 'image2video') return 'prompt cannot be empty'
  const tooLong = ['prompt', 'negative_prompt'].find((name) => textField(fields, name).length > WORDS_MAX)
  return tooLong === undefined ? null : `${tooLong} must not exceed ${WORDS_MAX} characters`
}

function badChoice(fields: Fields, model: string): string | null {
  const choices = { ...CHOICES, duration: secondsOf(model) }
  for (const [name, values] of Object.entries(choices)) {
    const value = fields[name]
    if (value === undefined || value === null) continue
    if (!values.includes(textField(fields, name)))
      return `${name} is invalid: use one of ${values.join(', ')}`
  }
  const { cfg_scale: scale } = fields
  const isScale = typeof scale === 'number' && scale >= 0 && scale <= 1
  return scale === undefined || isScale ? null : 'cfg_scale must be a number from 0 to 1'
}

/** What is wrong with a create. A model that there is not is a resource that there is not. */
export function refuse({ fields, broken, path }: SimulatorRequest, { models }: Verbs): Answer | null {
  if (broken !== null) return errorOf(400, 1200, `Invalid request parameters: ${broken}`)
  const kind = kindOf(path) ?? 'text2video'
  const named = textField(fields, 'model_name')
  const served = KLING_MODELS[kind]
  // One that the simulator was started with, and nobody knows, is good for everything.
  const isOwn = models.includes(named) && !ALL_KLING_MODELS.includes(named)
  if (named !== '' && !served.includes(named) && !isOwn) {
    return ALL_KLING_MODELS.includes(named)
      ? invalid(`model_name ${named} does not support ${kind}`)
      : noSuchTask()
  }
  const bad =
    badWords(fields, kind) ?? badImages(fields, kind) ?? badChoice(fields, named || (served[0] ?? ''))
  if (bad !== null) return invalid(bad)
  const callbackUrl = textField(fields, 'callback_url')
  return callbackUrl === '' || URL.canParse(callbackUrl) ? null : invalid('callback_url is invalid')
}
