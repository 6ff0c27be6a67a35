import type { ByteSource } from './byte-source.ts'
import { checkIsoIndex, createSampleBudget, type SampleBudget } from './iso-index.ts'
import { NotAVideo } from './not-a-video.ts'

/** An index of this size describes many hours of video. */
const INDEX_BYTES_MAX = 16 * 1024 * 1024
const FRAGMENT_BYTES_MAX = 4 * 1024 * 1024
const BOXES_MAX = 50_000

const HEADER_BYTES = 8
const LARGE_HEADER_BYTES = 16

interface Box {
  readonly type: string
  readonly headerBytes: number
  readonly sizeBytes: number
}

async function boxAt(source: ByteSource, start: number): Promise<Box> {
  const head = await source.read(start, LARGE_HEADER_BYTES)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const type = String.fromCharCode(...head.subarray(4, 8))
  const size = view.getUint32(0)
  if (size === 0) return { type, headerBytes: HEADER_BYTES, sizeBytes: source.sizeBytes - start }
  if (size !== 1) return { type, headerBytes: HEADER_BYTES, sizeBytes: size }
  if (head.length < LARGE_HEADER_BYTES) throw new NotAVideo('truncated')
  const large = view.getBigUint64(8)
  if (large > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotAVideo('malformed', `${type} is impossibly large`)
  return { type, headerBytes: LARGE_HEADER_BYTES, sizeBytes: Number(large) }
}

async function checkBox(source: ByteSource, start: number, box: Box, budget: SampleBudget): Promise<void> {
  const isIndex = box.type === 'moov'
  if (!isIndex && box.type !== 'moof') return
  if (box.sizeBytes > (isIndex ? INDEX_BYTES_MAX : FRAGMENT_BYTES_MAX)) throw new NotAVideo('too_complex')
  const body = await source.read(start + box.headerBytes, box.sizeBytes - box.headerBytes)
  checkIsoIndex(body, source.sizeBytes, budget)
}

/**
 * Walks the outer boxes of an MP4 or MOV file: every one must end within the file, there must be an index, and what
 * the index says must lie within the file. Throws `NotAVideo` otherwise. Reads headers and indexes only.
 */
export async function checkIsoStructure(source: ByteSource): Promise<void> {
  const budget = createSampleBudget()
  let start = 0
  let hasIndex = false
  let hasData = false
  for (let count = 0; start + HEADER_BYTES <= source.sizeBytes; count += 1) {
    if (count >= BOXES_MAX) throw new NotAVideo('too_complex', 'it has too many boxes')
    const box = await boxAt(source, start)
    if (box.sizeBytes < box.headerBytes) {
      // Some writers leave padding after the last real box.
      if (hasIndex && hasData) return
      throw new NotAVideo('malformed', 'a box is smaller than its own header')
    }
    if (start + box.sizeBytes > source.sizeBytes) {
      throw new NotAVideo(
        'truncated',
        `${box.type} needs ${start + box.sizeBytes} bytes of ${source.sizeBytes}`,
      )
    }
    await checkBox(source, start, box, budget)
    hasIndex ||= box.type === 'moov'
    hasData ||= box.type === 'mdat'
    start += box.sizeBytes
  }
  if (!hasIndex) throw new NotAVideo('truncated', 'it has no index (moov)')
  if (!hasData) throw new NotAVideo('truncated', 'it has no media data (mdat)')
}
