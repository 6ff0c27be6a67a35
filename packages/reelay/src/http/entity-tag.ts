/** Whether an `If-None-Match` header names the current version. Weak comparison (RFC 9110, 13.1.2). */
export function matchesEntityTag(header: string | null, current: string): boolean {
  if (header === null) return false
  if (header.trim() === '*') return true
  const opaque = current.replace(/^W\//, '')
  return header.split(',', 50).some((tag) => tag.trim().replace(/^W\//, '') === opaque)
}
