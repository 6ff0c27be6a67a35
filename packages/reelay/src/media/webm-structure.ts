import type { ByteSource } from './byte-source.ts'
import { NotAVideo } from './not-a-video.ts'

const SEGMENT_ID = 0x18538067
const ELEMENT_HEADER_BYTES_MAX = 12
const ELEMENTS_MAX = 16

interface Element {
  readonly id: number
  readonly headerBytes: number
  /** Undefined when the writer left the size open, as live streams do. */
  readonly contentBytes: number | undefined
}

function elementIn(head: Uint8Array): Element {
  const first = head[0] ?? 0
  const idBytes = Math.clz32(first) - 23
  const sizeByte = head[idBytes] ?? 0
  const sizeBytes = Math.clz32(sizeByte) - 23
  if (idBytes > 4 || sizeBytes > 8 || head.length < idBytes + sizeBytes) {
    throw new NotAVideo('malformed', 'its elements are inconsistent')
  }
  let id = 0
  for (let index = 0; index < idBytes; index += 1) id = id * 256 + (head[index] ?? 0)
  let content = sizeByte & (0xff >> sizeBytes)
  let isOpen = content === 0xff >> sizeBytes
  for (let index = 1; index < sizeBytes; index += 1) {
    const value = head[idBytes + index] ?? 0
    content = content * 256 + value
    isOpen &&= value === 0xff
  }
  return { id, headerBytes: idBytes + sizeBytes, contentBytes: isOpen ? undefined : content }
}

/** The one segment of a WebM file must end within the file, unless its size was left open. Throws `NotAVideo`. */
export async function checkWebmStructure(source: ByteSource): Promise<void> {
  let start = 0
  for (let count = 0; count < ELEMENTS_MAX && start < source.sizeBytes; count += 1) {
    const element = elementIn(await source.read(start, ELEMENT_HEADER_BYTES_MAX))
    const end = start + element.headerBytes + (element.contentBytes ?? 0)
    if (end > source.sizeBytes)
      throw new NotAVideo('truncated', `it needs ${end} bytes of ${source.sizeBytes}`)
    if (element.id === SEGMENT_ID) return
    start = end
  }
  throw new NotAVideo('truncated', 'it has no segment')
}
