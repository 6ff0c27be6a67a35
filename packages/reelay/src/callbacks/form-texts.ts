import { isRecord, recordOf } from '../system/json.ts'

/** The ways in which a body may have been written as a form. `isCertain`: there is one way only, and it is among them. */
export type FormTexts = { texts: readonly string[]; isCertain: boolean }

type Value = { raw: string; plain: string; isCertain: boolean }

/** Such a callback has a handful of fields. */
const BODY_BYTES_MAX = 64 * 1024
const FIELDS_MAX = 100

/** Numbers that every language writes alike: not large, not tiny, no zeros at the end of a fraction. */
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,5})(\.\d{0,8}[1-9])?$/

/** Characters that some writers of forms escape and others do not. */
const DISPUTED = /[ !'()*~]/

/** As most languages escape: letters, digits and `-._~` stay, everything else is its bytes in percent. */
const escaped = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** A number that came in a JSON text, as it was written there. */
class WrittenNumber {
  readonly raw: string
  readonly value: number
  constructor(raw: string, value: number) {
    this.raw = raw
    this.value = value
  }
}

/** Keeps how a number was written, which a number does not tell: 10.0 is 10 once it is read. */
function withWrittenNumbers(_name: string, value: unknown, ...[context]: readonly unknown[]): unknown {
  const source = recordOf(context)['source']
  return typeof value === 'number' && typeof source === 'string' ? new WrittenNumber(source, value) : value
}

function valueOf(value: unknown): Value {
  if (typeof value === 'string') return { raw: value, plain: value, isCertain: !DISPUTED.test(value) }
  if (typeof value === 'boolean') return { raw: String(value), plain: String(value), isCertain: true }
  if (value instanceof WrittenNumber) {
    return { raw: value.raw, plain: String(value.value), isCertain: PLAIN_NUMBER.test(value.raw) }
  }
  // Nothing says how an empty value, a list or an object is written.
  return { raw: '', plain: '', isCertain: false }
}

function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  if (body.byteLength > BODY_BYTES_MAX) return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const fields: unknown = JSON.parse(text, withWrittenNumbers)
    const isObject = isRecord(fields) && !(fields instanceof WrittenNumber)
    return isObject && Object.keys(fields).length <= FIELDS_MAX ? fields : null
  } catch {
    return null
  }
}

/** Null when the body is no JSON object of some fields. */
export function formTextsOf(body: Uint8Array): FormTexts | null {
  const fields = fieldsOf(body)
  if (fields === null) return null
  const names = Object.keys(fields).toSorted()
  const values = names.map((name) => ({ name, ...valueOf(fields[name]) }))
  const form = (pick: 'raw' | 'plain'): string =>
    values.map((value) => `${escaped(value.name)}=${escaped(value[pick])}`).join('&')
  const percent = [form('raw'), form('plain')]
  const plus = percent.map((text) => text.replaceAll('%20', '+'))
  return {
    texts: [...new Set([...percent, ...plus])],
    isCertain: values.every(({ name, isCertain }) => isCertain && !DISPUTED.test(name)),
  }
}
