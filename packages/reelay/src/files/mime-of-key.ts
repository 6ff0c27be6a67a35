import { EXTENSIONS } from './storage-key.ts'

/** The type of a stored file by its key, whose end was made from the sniffed type. */
export function mimeOfKey(key: string): string {
  const extension = key.slice(key.lastIndexOf('.') + 1)
  const known = Object.entries(EXTENSIONS).find(([, end]) => end === extension)
  return known?.[0] ?? 'application/octet-stream'
}
