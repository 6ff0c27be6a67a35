import { ReelayError } from './errors.ts'

/**
 * The root of the server, without a trailing slash and without `/v1`: both `https://host` and
 * `https://host/v1/` name the same one, and a path prefix in front is kept.
 * @throws ReelayError `invalid_argument`
 */
export function parseBaseUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new ReelayError('invalid_argument', 'baseURL is not a URL: give one like http://127.0.0.1:7373', {
      cause,
    })
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ReelayError(
      'invalid_argument',
      `baseURL must start with http:// or https://, not ${url.protocol}`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new ReelayError('invalid_argument', 'baseURL must not contain a user or password: use apiKey')
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ReelayError('invalid_argument', 'baseURL must not contain a query or a fragment')
  }
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
}
