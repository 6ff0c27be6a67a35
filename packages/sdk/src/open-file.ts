import { answerOf, errorFromAnswer } from './answer.ts'
import { connectionError } from './connection-error.ts'
import { ReelayApiError } from './errors.ts'
import type { Call, OpenAnswer, Transport } from './transport.ts'

export type Download = {
  /**
   * Read it to its end, or cancel it. Ends with a ReelayError when the transfer breaks, stalls or is aborted.
   */
  stream: ReadableStream<Uint8Array>
  contentType: string
  /** Length of `stream`, or null when the server does not say. */
  bytes: number | null
  /** For its status and headers. Its body is what `stream` reads. */
  response: Response
}

/**
 * Opens a file and makes sure that it is one: servers are known to answer JSON with a 200 where the file is
 * not ready.
 */
export async function openFile(transport: Transport, call: Call): Promise<Download> {
  const opened = await transport.open(call)
  const { response } = opened
  const contentType = response.headers.get('content-type') ?? 'application/octet-stream'
  const body = readBody(opened, transport.timeoutMs)
  try {
    const first = await body.next()
    const fault = faultOf(response, contentType, first)
    if (fault !== null) throw await refusal(transport, response, fault, first, body)
    return { stream: streamOf(body, first), contentType, bytes: lengthOf(response), response }
  } catch (error) {
    await body.stop()
    throw error
  }
}

/** Why the answer is no file, or null. The middle of a file may begin with any byte. */
function faultOf(response: Response, contentType: string, first: Uint8Array | null): string | null {
  if (isTextType(contentType)) return `its type is ${contentType}`
  if (response.status === 206) return null
  if (first === null) return 'it is empty'
  return looksLikeText(first) ? `its type is ${contentType} but it is text` : null
}

const isTextType = (contentType: string): boolean => /^\s*text\/|[/+](json|xml|html)\b/i.test(contentType)

/** JSON or a page, whatever its type says: no container and no image starts with these bytes. */
function looksLikeText(chunk: Uint8Array): boolean {
  const first = chunk.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte))
  return first !== undefined && ['{', '[', '<'].includes(String.fromCodePoint(first))
}

const REFUSAL_BYTES_MAX = 65_536

/** Quotes the server's own error where the answer holds one. */
async function refusal(
  transport: Transport,
  response: Response,
  fault: string,
  first: Uint8Array | null,
  body: Body,
): Promise<ReelayApiError> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (let chunk = first; chunk !== null && bytes < REFUSAL_BYTES_MAX; chunk = await body.next()) {
    text += decoder.decode(chunk, { stream: true })
    bytes += chunk.byteLength
  }
  const said = errorFromAnswer(answerOf(response, text, transport.clock.nowMs()))
  return new ReelayApiError('unexpected_answer', `The answer is no file, ${fault}. ${said.message}`, {
    status: response.status,
    type: said.type,
    param: said.param,
    serverCode: said.serverCode,
    requestId: said.requestId,
  })
}

// After content coding the header counts the coded bytes.
function lengthOf(response: Response): number | null {
  const length = response.headers.get('content-length')
  const isCoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity'
  return length === null || isCoded || !/^\d+$/.test(length) ? null : Number(length)
}

interface Body {
  /** The next chunk that has bytes in it; null at the end. */
  next(): Promise<Uint8Array | null>
  stop(reason?: unknown): Promise<void>
}

function readBody({ response, target, cancellation }: OpenAnswer, stallMs: number): Body {
  const reader = response.body?.getReader()
  const bytesWanted = lengthOf(response)
  let bytes = 0
  const read = async (): Promise<Uint8Array | null> => {
    for (;;) {
      const chunk = reader === undefined ? undefined : await cancellation.race(reader.read())
      if (chunk === undefined || chunk.done) break
      bytes += chunk.value.byteLength
      if (chunk.value.byteLength > 0) return chunk.value
    }
    if (bytesWanted !== null && bytes !== bytesWanted) {
      throw new Error(`the file ended after ${bytes} of ${bytesWanted} bytes`)
    }
    return null
  }
  return {
    next: async () => {
      cancellation.arm(stallMs, `The transfer from ${target.host} stalled for ${stallMs} ms`)
      try {
        const chunk = await read()
        if (chunk === null) cancellation.release()
        return chunk
      } catch (cause) {
        throw cancellation.error() ?? connectionError(target, cause)
      } finally {
        cancellation.disarm()
      }
    },
    stop: async (reason) => {
      cancellation.release()
      await reader?.cancel(reason).catch(() => {})
    },
  }
}

function streamOf(body: Body, first: Uint8Array | null): ReadableStream<Uint8Array> {
  let ahead = first
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const chunk = ahead ?? (await body.next())
          ahead = null
          if (chunk === null) controller.close()
          else controller.enqueue(chunk)
        } catch (error) {
          await body.stop(error)
          controller.error(error)
        }
      },
      cancel: (reason) => body.stop(reason),
    },
    { highWaterMark: 0 },
  )
}
