import type { Answer } from '../../answer.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { errorAnswer } from './answers.ts'

const WHOLE_NUMBERS = ['width', 'height', 'num_frames', 'fps', 'seed', 'step']
const INT32_MAX = 2_147_483_647

const bad = (message: string): Answer => errorAnswer({ status: 400, code: 'invalid_request', message })

function numberFault(fields: SimulatorRequest['fields']): string | null {
  for (const name of WHOLE_NUMBERS) {
    const value = fields[name] ?? 0
    const isGood = typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= INT32_MAX
    if (!isGood) {
      const got = typeof value === 'number' ? `number ${value}` : typeof value
      return `Unmarshal type error: expected=int32, got=${got}, field=${name}`
    }
  }
  return null
}

function pictureFault(name: string, text: string): string | null {
  if (text === '' || /^https?:\/\//u.test(text)) return null
  const payload = text.replace(/^data:[^,]*,/u, '')
  if (payload === '') return `invalid ${name}: media payload is empty`
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/u.test(payload) && payload.length % 4 === 0
  return isBase64 ? null : `invalid ${name}: illegal base64 data`
}

/** It checks what it can read, and not whether there is a prompt. */
export function refuse({ fields, broken }: SimulatorRequest): Answer | null {
  if (broken !== null) return bad(`Syntax error: ${broken}`)
  if (textField(fields, 'model') === '') return bad('Bad Request')
  const fault =
    numberFault(fields) ??
    pictureFault('start_image', textField(fields, 'start_image')) ??
    pictureFault('end_image', textField(fields, 'end_image'))
  return fault === null ? null : bad(fault)
}
