import { invalidValue } from './api-error.ts'

/**
 * The bytes that a data URL holds.
 * @param param the field that named it
 * @throws ApiError `invalid_value`
 */
export function bytesOfDataUrl(url: string, param: string): Uint8Array {
  const comma = url.indexOf(',')
  const header = url.slice(0, Math.max(comma, 0))
  const body = url.slice(comma + 1)
  const isBase64 = /;\s*base64$/i.test(header)
  if (comma === -1 || (isBase64 && !/^[\w+/=%\s-]*$/.test(body))) {
    throw invalidValue(param, `${param} is not a valid data URL.`)
  }
  try {
    const text = body.includes('%') ? decodeURIComponent(body) : body
    return isBase64 ? Buffer.from(text, 'base64') : Buffer.from(text, 'latin1')
  } catch {
    throw invalidValue(param, `${param} is not a valid data URL.`)
  }
}
