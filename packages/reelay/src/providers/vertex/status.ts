import { isRecord, listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import { Base64Stream } from '../base64-stream.ts'
import { googleVerdict } from '../google-operation.ts'
import { httpLink } from '../http-link.ts'
import { jsonTexts } from '../json-texts.ts'
import { OutputGone, OutputUnavailable } from '../provider.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Names have slashes in them. What is before `/operations/` is the model, under which the operation is asked for. */
const OPERATION_NAME =
  /^(projects\/[\w~-][\w.:~-]*\/locations\/[a-z0-9-]+\/publishers\/google\/models\/[\w~-][\w.~-]*)\/operations\/([\w~-][\w.~-]*)$/

const NAME_BYTES_MAX = 1_024

export type OperationParts = { model: string; id: string }

export function partsOf(name: string): OperationParts | null {
  const [, model, id] = OPERATION_NAME.exec(name) ?? []
  return model === undefined || id === undefined ? null : { model, id }
}

export function vertexOperation({ json }: UpstreamAnswer): Operation | null {
  const name = textOf(recordOf(json)['name'])
  return name === null || partsOf(name) === null ? null : { providerTaskId: name }
}

/** Of a job that was made elsewhere. */
export const vertexOperationOf = (name: string): Operation | string =>
  partsOf(name) === null
    ? 'Vertex AI asks for a job by the whole name of its operation: give ' +
      'projects/<project>/locations/<location>/publishers/google/models/<model>/operations/<id> as the id.'
    : { providerTaskId: name }

/** A project has a number besides its name, so only the ids are compared. */
const isSame = (told: string, asked: string): boolean => {
  const id = partsOf(asked)?.id
  return id !== undefined && partsOf(told)?.id === id
}

/** What stands for a video that is inside the answer itself, by its position. */
const INLINE = /^inline:(\d{1,2})$/

const INLINE_FIELD = 'bytesBase64Encoded'

/** Whether `ref` is of a video inside the answer, and which. */
export function inlineIndex(ref: string): number | null {
  const index = INLINE.exec(ref)?.[1]
  return index === undefined ? null : Number(index)
}

/** An object in a bucket. Its name becomes a path, so it must not lead anywhere else. */
const OBJECT = /^gs:\/\/[^/]+\/(?!(?:.*\/)?\.{1,2}(?:\/|$)).+$/

/** Some answers nest each video under `video`. */
const videosOf = (result: JsonRecord): readonly JsonRecord[] =>
  listOf(result['videos']).map((entry) => {
    const { video } = recordOf(entry)
    return isRecord(video) ? video : recordOf(entry)
  })

function refOf(video: JsonRecord, index: number): string | null {
  const uri = textOf(video['gcsUri'])?.trim() ?? ''
  if (OBJECT.test(uri)) return uri
  return httpLink(uri) ?? (textOf(video[INLINE_FIELD]) === null ? null : `inline:${index}`)
}

const outputsOf = (result: JsonRecord): readonly Output[] =>
  videosOf(result).flatMap((video, index): Output[] => {
    const ref = refOf(video, index)
    const mime = textOf(video['mimeType'])
    if (ref === null) return []
    return [mime === null ? { role: 'video', ref } : { role: 'video', ref, mime }]
  })

/** What the answer says of the operation `name`; null when it is not the provider's word on it. */
export const vertexVerdict = (answer: UpstreamAnswer, name: string): Verdict | null =>
  googleVerdict(answer, { isOwn: (told) => isSame(told, name), outputsOf })

/** The name as it stands in an answer, escapes included. */
function nameIn(raw: string): string {
  try {
    return textOf(JSON.parse(`"${raw}"`)) ?? ''
  } catch {
    return ''
  }
}

/**
 * The bytes of the video at `index` in an answer about the operation `name`, as they arrive. Whose answer it is may be
 * said after the bytes: so the last thing that happens is a throw, unless they are the right ones and whole.
 *
 * @throws OutputGone, OutputUnavailable
 */
export async function* inlineVideo(
  body: AsyncIterable<Uint8Array>,
  { name, index }: { name: string; index: number },
): AsyncGenerator<Uint8Array> {
  const paths = [`response/videos/${index}/${INLINE_FIELD}`, `response/videos/${index}/video/${INLINE_FIELD}`]
  const base64 = new Base64Stream()
  let told = ''
  let isFound = false
  try {
    for await (const { path, bytes, ends } of jsonTexts(body)) {
      if (path === 'name')
        told += Buffer.from(bytes)
          .toString('latin1')
          .slice(0, NAME_BYTES_MAX - told.length)
      if (!paths.includes(path)) continue
      isFound = true
      const decoded = base64.push(bytes)
      if (decoded.length > 0) yield decoded
      if (ends) base64.end()
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new OutputUnavailable(`The video inside the answer is broken. ${error.message}`, { cause: error })
  }
  if (!isSame(nameIn(told), name)) throw new OutputUnavailable('The answer is about another operation.')
  if (!isFound) throw new OutputGone('The operation no longer has the video in it.')
}
