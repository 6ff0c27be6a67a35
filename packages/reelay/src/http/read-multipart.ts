import { once } from 'node:events'
import type { Readable } from 'node:stream'
import busboy, { type Busboy } from 'busboy'
import type { Clock } from '../system/clock.ts'
import { ApiError } from './api-error.ts'
import type { HttpLimits } from './deps.ts'
import { FormTree } from './form-tree.ts'
import { payloadTooLarge, readBody, UPLOAD_PACE } from './read-body.ts'
import type { Staging } from './staging.ts'
import type { UploadedFile } from './uploaded-file.ts'

export type MultipartOptions = { limits: HttpLimits; clock: Clock; staging: Staging }

const NAME_BYTES_MAX = 200

type Part = { name: string; value: string | Promise<UploadedFile> }

/** The most that a request with files may bring. */
export const uploadBytesMax = (limits: HttpLimits): number =>
  limits.bodyBytesMax + limits.filesMax * limits.fileBytesMax

const unreadable = (cause: unknown): ApiError =>
  new ApiError('invalid_multipart', 'The multipart body cannot be read. Check the boundary and the form.', {
    cause,
  })

/** Collects the parts of one form; the first fault decides. */
class Form {
  readonly parts: Part[] = []
  readonly #limits: HttpLimits
  readonly #staging: Staging
  readonly #files: Promise<UploadedFile>[] = []
  readonly #faulty = Promise.withResolvers<void>()
  #textBytes = 0
  #fault: unknown

  constructor(parser: Busboy, options: MultipartOptions) {
    this.#limits = options.limits
    this.#staging = options.staging
    parser.on('field', (name, value, info) => {
      if (info.nameTruncated || info.valueTruncated) this.fail(payloadTooLarge(this.#limits.bodyBytesMax))
      this.#addText(name, value)
    })
    parser.on('file', (name, stream) => this.#addFile(name, stream))
    parser.on('filesLimit', () => {
      const message = `Send at most ${this.#limits.filesMax} files.`
      this.fail(new ApiError('invalid_value', message, { param: 'input_reference' }))
    })
    for (const event of ['fieldsLimit', 'partsLimit'] as const) {
      parser.on(event, () => {
        this.fail(new ApiError('invalid_multipart', `Send at most ${this.#limits.fieldsMax} form fields.`))
      })
    }
    parser.on('error', (error) => this.fail(unreadable(error)))
  }

  fail(error: unknown): void {
    this.#fault ??= error
    this.#faulty.resolve()
  }

  /** Resolves at the first fault: the parser may then never ask for more. */
  get faulty(): Promise<void> {
    return this.#faulty.promise
  }

  /** Resolves when no file is being written any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#files)
  }

  throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault
  }

  #addText(name: string | undefined, value: string): void {
    this.#textBytes += Buffer.byteLength(name ?? '') + Buffer.byteLength(value)
    if (this.#textBytes > this.#limits.bodyBytesMax) this.fail(payloadTooLarge(this.#limits.bodyBytesMax))
    else if (name === undefined) this.fail(unreadable('a part without a name'))
    else this.parts.push({ name, value })
  }

  #addFile(name: string | undefined, stream: Readable): void {
    // A part that the parser gives up on must not take the process with it.
    stream.on('error', (error) => this.fail(unreadable(error)))
    const value = this.#staging.spool(stream)
    this.#files.push(value)
    value.catch((error: unknown) => this.fail(error))
    if (name === undefined) this.fail(unreadable('a file without a name'))
    else this.parts.push({ name, value })
  }
}

/**
 * A multipart body as fields and staged files, in whatever order they come.
 * @throws ApiError `invalid_multipart`, `invalid_value`, `payload_too_large`, `request_timeout`
 */
export async function readMultipart(
  request: Request,
  options: MultipartOptions,
): Promise<Record<string, unknown>> {
  const parser = parserOf(request, options.limits)
  const form = new Form(parser, options)
  const ended = new Promise<void>((resolve) => parser.once('close', () => resolve()))
  try {
    const bounds = { bytesMax: uploadBytesMax(options.limits), pace: UPLOAD_PACE }
    for await (const chunk of readBody(request, options.clock, bounds)) {
      if (!parser.write(chunk)) await Promise.race([drained(parser), form.faulty])
      form.throwFault()
    }
    parser.end()
    await Promise.race([ended, form.faulty])
    form.throwFault()
    const values = await Promise.all(form.parts.map(async ({ value }) => value))
    form.throwFault()
    return treeOf(form.parts, values)
  } catch (error) {
    parser.destroy()
    await form.settled()
    throw error
  }
}

const drained = (parser: Busboy): Promise<unknown> => once(parser, 'drain').catch(() => undefined)

function parserOf(request: Request, limits: HttpLimits): Busboy {
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  try {
    return busboy({
      headers,
      limits: {
        fieldNameSize: NAME_BYTES_MAX,
        fieldSize: limits.bodyBytesMax,
        fields: limits.fieldsMax,
        files: limits.filesMax,
        parts: limits.fieldsMax + limits.filesMax,
      },
    })
  } catch (error) {
    throw unreadable(error)
  }
}

function treeOf(parts: readonly Part[], values: readonly (string | UploadedFile)[]): Record<string, unknown> {
  const tree = new FormTree<string | UploadedFile>()
  for (const [index, { name }] of parts.entries()) {
    const value = values[index]
    if (value !== undefined) tree.add(name, value)
  }
  return tree.toObject()
}
