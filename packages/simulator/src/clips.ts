import { readFileSync } from 'node:fs'

export type ClipKind = 'mp4' | 'mov' | 'webm'

export const CLIP_KINDS: readonly ClipKind[] = ['mp4', 'mov', 'webm']

const CLIP_TYPES: Readonly<Record<ClipKind, string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
}

/** A result: real bytes of a real video. */
export interface Clip {
  readonly kind: ClipKind
  readonly type: string
  readonly bytes: Buffer
}

const loaded = new Map<ClipKind, Buffer>()

/** A real clip: FFmpeg's `testsrc`, 320x180, 2 s at 12 frames per second, H.264 (VP9 in the WebM). */
export function clipBytes(kind: ClipKind): Buffer {
  const known = loaded.get(kind)
  if (known !== undefined) return known
  const bytes = readFileSync(new URL(`../clips/clip.${kind}`, import.meta.url))
  loaded.set(kind, bytes)
  return bytes
}

export function clipOf(kind: ClipKind): Clip {
  return { kind, type: CLIP_TYPES[kind], bytes: clipBytes(kind) }
}
