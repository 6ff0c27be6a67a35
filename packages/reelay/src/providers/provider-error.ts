import { firstTextOf, isRecord, listOf, recordOf, textOf } from '../system/json.ts'

/** An error in a provider's own words. */
export type ProviderError = { code: string | null; message: string }

const MESSAGE_CHARACTERS_MAX = 500

const MODERATION_CODE =
  /moderat|content.?policy|content.?filter|sensitive|inspection|nsfw|safety|risk.?control/i
const MODERATION_TEXT = new RegExp(
  [
    'moderation',
    'content policy',
    'content filter',
    'sensitive (content|information|words)',
    'inappropriate content',
    'safety (system|filter|policy|polic)',
    'violat\\w* .{0,40}polic',
    'risk control',
    'nsfw',
  ].join('|'),
  'i',
)

const INPUT_CODE = /^(400|413|415|422)$|invalid|bad.?request|unsupported|out.?of.?range/i

export const isModeration = ({ code, message }: ProviderError): boolean =>
  (code !== null && MODERATION_CODE.test(code)) || MODERATION_TEXT.test(message)

export const isInputFault = ({ code }: ProviderError): boolean => code !== null && INPUT_CODE.test(code)

/** For people, and for one line of a timeline. */
export function sentenceOf({ code, message }: ProviderError): string {
  const text = code === null || message.includes(code) ? message : `${message} (${code})`
  return text.slice(0, MESSAGE_CHARACTERS_MAX)
}

/** FastAPI lists what is wrong with a body: the fields' names and the first reasons. */
function detailOf(detail: unknown): string | null {
  const text = textOf(detail)
  if (text !== null) return text
  const lines = listOf(detail).flatMap((entry) => {
    const { loc, msg } = recordOf(entry)
    const reason = textOf(msg)
    return reason === null ? [] : [`${listOf(loc).map(textOf).join('.')}: ${reason}`]
  })
  return lines.length === 0 ? null : lines.join('; ')
}

/**
 * The error in an answer of an OpenAI-shaped server, whichever of their envelopes it uses: `error` as an object or a
 * text, `detail` as a text or a list, or `code` and `message` at the top. Null when the body holds none.
 */
export function readProviderError(json: unknown): ProviderError | null {
  if (!isRecord(json)) return null
  const { error } = json
  if (isRecord(error)) {
    const code = firstTextOf(error['code'], error['type'])
    const message = firstTextOf(error['message'], error['detail'], error['reason'], code)
    return message === null ? null : { code, message }
  }
  const text = firstTextOf(error, detailOf(json['detail']))
  const code = textOf(json['code'])
  if (text !== null) return { code, message: text }
  const message = textOf(json['message'])
  return code === null || message === null || code === 'success' ? null : { code, message }
}
