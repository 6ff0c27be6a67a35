/** The JSON value in UTF-8 bytes; `undefined` when they are none. Bytes that are no UTF-8 are not repaired. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
