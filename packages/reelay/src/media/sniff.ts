/** The video containers that Reelay archives. */
export type VideoMime = 'video/mp4' | 'video/quicktime' | 'video/webm'

/** The image types that Reelay takes as inputs. */
export type ImageMime = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'

/** How many bytes of a file are enough for both sniffers. */
export const SNIFF_BYTES = 4_096

/** Brands of still pictures and audio that share the container of MP4. */
const BRANDS_NOT_VIDEO = new Set([
  'avif',
  'avis',
  'heic',
  'heix',
  'heif',
  'mif1',
  'msf1',
  'crx ',
  'M4A ',
  'M4B ',
])

function textAt(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}

function isAt(bytes: Uint8Array, start: number, expected: readonly number[]): boolean {
  return expected.every((value, index) => bytes[start + index] === value)
}

function sniffIsoMedia(head: Uint8Array): VideoMime | undefined {
  const type = textAt(head, 4, 4)
  // QuickTime files older than the ftyp box begin with one of these.
  if (type === 'moov' || type === 'mdat' || type === 'wide') return 'video/quicktime'
  if (type !== 'ftyp' || head.length < 12) return undefined
  const brand = textAt(head, 8, 4)
  if (brand === 'qt  ') return 'video/quicktime'
  return BRANDS_NOT_VIDEO.has(brand) ? undefined : 'video/mp4'
}

const EBML = [0x1a, 0x45, 0xdf, 0xa3]
const DOCTYPE = [0x42, 0x82]

function sniffWebm(head: Uint8Array): VideoMime | undefined {
  if (!isAt(head, 0, EBML)) return undefined
  const end = Math.min(head.length - 6, 64)
  for (let at = 4; at < end; at += 1) {
    // The doctype's length is one byte, 0x84, for the four letters of "webm"; Matroska says "matroska".
    if (isAt(head, at, DOCTYPE) && head[at + 2] === 0x84 && textAt(head, at + 3, 4) === 'webm')
      return 'video/webm'
  }
  return undefined
}

/** The container of a video by its first bytes (`SNIFF_BYTES` are enough), or undefined for anything else. */
export function sniffVideo(head: Uint8Array): VideoMime | undefined {
  return head.length < 8 ? undefined : (sniffWebm(head) ?? sniffIsoMedia(head))
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const JPEG = [0xff, 0xd8, 0xff]

/** The type of a picture by its first bytes, or undefined for anything else. */
export function sniffImage(head: Uint8Array): ImageMime | undefined {
  if (isAt(head, 0, PNG)) return 'image/png'
  if (isAt(head, 0, JPEG)) return 'image/jpeg'
  if (textAt(head, 0, 4) === 'RIFF' && textAt(head, 8, 4) === 'WEBP') return 'image/webp'
  const signature = textAt(head, 0, 6)
  return signature === 'GIF87a' || signature === 'GIF89a' ? 'image/gif' : undefined
}
