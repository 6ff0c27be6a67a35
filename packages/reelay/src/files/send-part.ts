import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { giveSendBuffer, takeSendBuffer } from './send-buffers.ts'

export type FilePart = { handle: FileHandle; start: number; bytes: number }

/**
 * Writes a part of a file to a sink and ends it. One chunk is read while the one before is on its way.
 * @throws when the sink closes early or the file has fewer bytes: then the sink is destroyed, so that nobody takes it for whole
 */
export async function sendPart({ handle, start, bytes }: FilePart, sink: Writable): Promise<void> {
  let [reading, sending] = [takeSendBuffer(), takeSendBuffer()]
  let sent: Promise<void> = Promise.resolve()
  try {
    for (let done = 0; done < bytes;) {
      const length = Math.min(reading.byteLength, bytes - done)
      const { bytesRead } = await handle.read(reading, 0, length, start + done)
      if (bytesRead === 0) throw new Error(`the file ended ${bytes - done} bytes early`)
      await sent
      sent = write(sink, reading.subarray(0, bytesRead))
      done += bytesRead
      ;[reading, sending] = [sending, reading]
    }
    await sent
  } catch (error) {
    // The buffers are not used again: nobody says whether the socket has let go of them.
    sink.destroy()
    throw error
  }
  giveSendBuffer(reading)
  giveSendBuffer(sending)
  sink.end()
}

/** Resolves when the sink has done with the bytes. A response that waits for its turn forgets its callbacks when it closes. */
function write(sink: Writable, bytes: Uint8Array): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    const left = (): void => reject(new Error('the reader left'))
    sink.once('close', left)
    sink.write(bytes, (error) => {
      sink.off('close', left)
      if (error) reject(error)
      else resolve()
    })
  })
  // Heard a moment later, when the next chunk is read.
  written.catch(() => undefined)
  return written
}
