import { StorageUnavailable } from '../files/files.ts'
import type { Clock } from '../system/clock.ts'
import type { TaskInput } from '../task/request.ts'
import { ApiError, invalidValue } from './api-error.ts'
import { bytesOfDataUrl } from './data-url.ts'
import { InputRefused, type FetchInput } from './deps.ts'
import type { InputSource } from './input-sources.ts'
import type { Staging } from './staging.ts'
import { sniffFile, type UploadedFile } from './uploaded-file.ts'

/** A file of the request with its true type, in the order in which the client gave it. */
export type LoadedInput = Pick<TaskInput, 'role' | 'mime' | 'bytes' | 'sha256'> & {
  param: string
  file: UploadedFile
}

export type LoadOptions = { staging: Staging; fetchInput: FetchInput; clock: Clock; signal: AbortSignal }

/** For all fetched inputs of one request together. */
const FETCH_MS_MAX = 30_000

const KINDS = {
  image: 'a PNG, JPEG, WebP or GIF image',
  video: 'an MP4, MOV or WebM video',
} as const

/**
 * Brings every input onto this machine and looks at its first bytes.
 * @throws ApiError `invalid_value` for what cannot be fetched or is no image or video; `payload_too_large`
 */
export async function loadInputs(
  sources: readonly InputSource[],
  options: LoadOptions,
): Promise<LoadedInput[]> {
  const done = new AbortController()
  const late = new AbortController()
  if (sources.some((source) => source.kind === 'url')) {
    void abortLater(late, done.signal, options.clock)
  }
  const signal = AbortSignal.any([options.signal, late.signal])
  try {
    const inputs: LoadedInput[] = []
    for (const source of sources) inputs.push(await loadInput(source, { ...options, signal }))
    return inputs
  } finally {
    done.abort()
  }
}

async function abortLater(late: AbortController, done: AbortSignal, clock: Clock): Promise<void> {
  await clock.sleep(FETCH_MS_MAX, done)
  if (!done.aborted) late.abort(new Error('the time for fetching inputs is over'))
}

async function loadInput(source: InputSource, options: LoadOptions): Promise<LoadedInput> {
  const file = await fileOf(source, options)
  const kind = source.role === 'video' ? 'video' : 'image'
  const mime = await sniffFile(file.staged.path, kind)
  if (mime === undefined) {
    throw invalidValue(
      source.param,
      `${source.param} is not ${KINDS[kind]}: its content was looked at, not its name.`,
    )
  }
  return { role: source.role, mime, ...file.stored, param: source.param, file }
}

async function fileOf(source: InputSource, options: LoadOptions): Promise<UploadedFile> {
  switch (source.kind) {
    case 'file':
      return source.file
    case 'data':
      return options.staging.spool(once(bytesOfDataUrl(source.url, source.param)))
    case 'url':
      return fetchFile(source, options)
  }
}

async function fetchFile(source: InputSource & { kind: 'url' }, options: LoadOptions): Promise<UploadedFile> {
  const bytesMax = options.staging.fileBytesMax
  try {
    const body = await options.fetchInput(source.url, { bytesMax, signal: options.signal })
    return await options.staging.spool(body)
  } catch (error) {
    if (error instanceof InputRefused)
      throw invalidValue(source.param, `${source.param} is refused: ${error.message}`)
    if (error instanceof ApiError && error.code === 'payload_too_large') {
      throw invalidValue(source.param, `${source.param} names a file of more than ${bytesMax} bytes.`)
    }
    if (error instanceof StorageUnavailable) throw error
    const message = `${source.param} could not be fetched. Check that the URL answers, or send the file itself.`
    throw new ApiError('invalid_value', message, { param: source.param, cause: error })
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
