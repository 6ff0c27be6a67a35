const SIZE_BYTES = 256 * 1024
/** What is kept for the next download: 4 MiB, eight downloads at a time. */
const FREE_MAX = 16

const free: Buffer[] = []

/**
 * A buffer for bytes on their way from disk to socket. It is used again and again: V8 marks the whole heap for every 64 MB or so of
 * new ones, which with a buffer for each chunk was a fifth of the time of a download.
 */
export const takeSendBuffer = (): Buffer => free.pop() ?? Buffer.allocUnsafeSlow(SIZE_BYTES)

/** Only when nothing reads from it or writes to it any more. */
export function giveSendBuffer(buffer: Buffer): void {
  if (free.length < FREE_MAX) free.push(buffer)
}
