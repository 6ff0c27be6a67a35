import { listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import { googleVerdict } from '../google-operation.ts'
import { httpLink } from '../http-link.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Names of operations have slashes in them; only those that are safe in a path are taken for one. */
const OPERATION_NAME = /^(?:[\w~-][\w.~-]*\/){0,6}operations\/[\w~-][\w.~-]*$/

export const isOperationName = (name: string): boolean => OPERATION_NAME.test(name)

export function geminiOperation({ json }: UpstreamAnswer): Operation | null {
  const name = textOf(recordOf(json)['name'])
  return name === null || !isOperationName(name) ? null : { providerTaskId: name }
}

/** Of a job that was made elsewhere. Shortened names lead nowhere: the model is put before them. */
export function geminiOperationOf(name: string, model: string | null): Operation | string {
  if (name.startsWith('models/') && isOperationName(name)) return { providerTaskId: name }
  const whole = `models/${model ?? ''}/operations/${name.replace(/^operations\//, '')}`
  if (model !== null && isOperationName(whole)) return { providerTaskId: whole }
  return (
    'Gemini asks for a job by the whole name of its operation, models/<model>/operations/<id>: ' +
    'give that as the id, or the model beside the last part of it.'
  )
}

function outputsOf(result: JsonRecord): readonly Output[] {
  const samples = [...listOf(result['generatedSamples']), ...listOf(result['generatedVideos'])]
  return samples.flatMap((sample): Output[] => {
    const ref = httpLink(recordOf(recordOf(sample)['video'])['uri'])
    return ref === null ? [] : [{ role: 'video', ref }]
  })
}

/** What the answer says of the operation `name`; null when it is not the provider's word on it. */
export const geminiVerdict = (answer: UpstreamAnswer, name: string): Verdict | null =>
  googleVerdict(answer, { isOwn: (told) => told === name, outputsOf })
