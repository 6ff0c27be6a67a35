import type { Readable } from 'node:stream'

/**
 * A stream of a file as the body of a Web response. `Readable.toWeb` copies every chunk and reads ahead of a client that does
 * not; this does neither. A client that leaves closes the file.
 */
export function webStreamOf(stream: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => {
        stream.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
