const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** The bytes of standard base64, padded or not; null for anything else, and for a second spelling of the same bytes. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const digits = text.replace(/=+$/, '')
  if (!BASE64.test(text) || digits.length % 4 === 1) return null
  const binary = atob(digits)
  if (btoa(binary).replace(/=+$/, '') !== digits) return null
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
