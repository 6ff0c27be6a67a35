import { jsonAnswer, type Answer } from '../../answer.ts'
import { recordField, textField, type SimulatorRequest } from '../../request.ts'

export const LUMA_MODELS: readonly string[] = ['ray-2', 'ray-flash-2']

/** The fields whose values are a closed list. The client's types leave lengths and resolutions open. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  model: LUMA_MODELS,
  aspect_ratio: ['1:1', '16:9', '9:16', '4:3', '3:4', '21:9', '9:21'],
  duration: ['5s', '9s'],
  resolution: ['540p', '720p', '1080p', '4k'],
}

const PROMPT_CHARACTERS_MIN = 3
const PROMPT_CHARACTERS_MAX = 5000

/** What is wrong with a field, in a list. The wording is assumed. */
function unprocessable(field: string, msg: string, type: string): Answer {
  return jsonAnswer(422, { detail: [{ loc: ['body', field], msg, type }] })
}

function badPrompt(prompt: string): string | null {
  if (prompt.length < PROMPT_CHARACTERS_MIN)
    return `Prompt is too short, minimum length is ${PROMPT_CHARACTERS_MIN} characters`
  return prompt.length > PROMPT_CHARACTERS_MAX
    ? `Prompt is too long, maximum length is ${PROMPT_CHARACTERS_MAX} characters`
    : null
}

function badKeyframe(keyframes: Readonly<Record<string, unknown>>, name: string): Answer | null {
  if (keyframes[name] === undefined || keyframes[name] === null) return null
  const frame = recordField(keyframes, name)
  const type = textField(frame, 'type')
  if (type === 'image')
    return URL.canParse(textField(frame, 'url'))
      ? null
      : unprocessable(`keyframes.${name}.url`, 'invalid or missing URL', 'value_error.url')
  if (type === 'generation' && textField(frame, 'id') !== '') return null
  return unprocessable(`keyframes.${name}`, 'expected an image or a generation', 'value_error')
}

/** Bad fields come with 422 and a list, a bad prompt with 400 and a text. */
export function refuse({ fields, broken }: SimulatorRequest): Answer | null {
  if (broken !== null)
    return jsonAnswer(422, { detail: [{ loc: ['body'], msg: broken, type: 'json_invalid' }] })
  if (textField(fields, 'model') === '')
    return unprocessable('model', 'field required', 'value_error.missing')
  for (const [field, choices] of Object.entries(CHOICES)) {
    const value = fields[field]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || !choices.includes(value))
      return unprocessable(field, `unexpected value; permitted: ${choices.join(', ')}`, 'value_error.const')
  }
  const keyframes = recordField(fields, 'keyframes')
  const frame = badKeyframe(keyframes, 'frame0') ?? badKeyframe(keyframes, 'frame1')
  if (frame !== null) return frame
  const hasFrames = Object.keys(keyframes).length > 0
  const prompt = textField(fields, 'prompt')
  // A text may be missing where pictures say it all (assumed).
  const detail = prompt === '' && hasFrames ? null : badPrompt(prompt)
  return detail === null ? null : jsonAnswer(400, { detail })
}
