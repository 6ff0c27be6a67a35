/** What the first codec of a list is called, by how its RFC 6381 name or its one word begins. */
const FAMILIES: readonly (readonly [RegExp, CodecFamily])[] = [
  [/^avc/, 'h264'],
  [/^(hev1|hvc1|hevc|dvh)/, 'hevc'],
  [/^(av01|av1)/, 'av1'],
  [/^(vp09|vp9)/, 'vp9'],
  [/^(vp08|vp8)/, 'vp8'],
]

export type CodecFamily = 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8' | 'other'

/** The codec of the pictures, which is the first one named. */
export function codecFamily(codecs: string): CodecFamily {
  return FAMILIES.find(([pattern]) => pattern.test(codecs))?.[1] ?? 'other'
}

/** H.264 with 10 bits, 4:2:2 or 4:4:4 (profiles 6e, 7a, f4). */
const H264_PROFILE_RARE = /^avc[13]\.(6e|7a|f4)/i

/**
 * Whether the usual browsers play a file without help. HEVC and AV1 need a decoder that not every system has, MOV and the
 * rarer profiles of H.264 play in some browsers only.
 */
export function playsInBrowsers(mime: string, codecs: string): boolean {
  if (mime === 'video/quicktime') return false
  const family = codecFamily(codecs)
  if (family === 'h264') return !H264_PROFILE_RARE.test(codecs)
  return family === 'vp8' || family === 'vp9'
}
