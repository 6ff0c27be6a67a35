import type { Files } from '../files/files.ts'
import type { Artifact } from '../store/store.ts'
import { ApiError } from './api-error.ts'
import { byteRangeOf } from './byte-range.ts'
import { matchesEntityTag } from './entity-tag.ts'
import { fileResponse } from './file-response.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
}

export type FileRequest = {
  request: Request
  files: Files
  artifact: Pick<Artifact, 'storageKey' | 'sha256' | 'bytes' | 'mime'>
  /** Without an extension: that follows from the true type. */
  filename: string
  /** Headers that take the place of the usual ones. */
  headers?: Readonly<Record<string, string>>
  /** Clients may be sent to the storage for the bytes, where it is set up so. */
  mayRedirect?: boolean
  /** `attachment` where no browser is meant to show it. */
  disposition?: 'inline' | 'attachment'
}

/**
 * Answers with a stored file, or the part of it that was asked for. Undefined when its bytes are gone.
 * @throws ApiError `range_not_satisfiable`
 */
export async function sendFile({
  request,
  files,
  artifact,
  filename,
  headers: given = {},
  mayRedirect = false,
  disposition = 'inline',
}: FileRequest): Promise<Response | undefined> {
  const etag = `"${artifact.sha256}"`
  const headers: Record<string, string> = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': artifact.mime,
    'content-disposition': `${disposition}; filename="${filename}.${EXTENSIONS[artifact.mime] ?? 'bin'}"`,
    'content-security-policy': "default-src 'none'; media-src 'self'; img-src 'self'; sandbox",
    ...given,
  }
  // What is stored is measured, so that a length is never promised that the file does not have.
  const bytes = await files.size(artifact.storageKey)
  if (bytes === undefined) return undefined
  if (matchesEntityTag(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers })
  if (mayRedirect) {
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const view = {
      method,
      mime: artifact.mime,
      disposition: headers['content-disposition'] ?? disposition,
    } as const
    const location = await files.sign(artifact.storageKey, view)
    if (location !== undefined) return redirectTo(location)
  }
  const range = rangeOf(request, bytes, etag)
  const isPart = range !== 'whole'
  const { start, end } = isPart ? range : { start: 0, end: bytes - 1 }
  if (isPart) headers['content-range'] = `bytes ${start}-${end}/${bytes}`
  headers['content-length'] = String(end - start + 1)
  const status = isPart ? 206 : 200
  if (request.method === 'HEAD' || bytes === 0) return new Response(null, { status, headers })
  const stream = await files.open(artifact.storageKey, { start, end })
  if (stream === undefined) return undefined
  return fileResponse(stream, { status, headers })
}

/** The link works for minutes only and opens the file for whoever has it: nobody is to keep it. */
const redirectTo = (location: string): Response =>
  new Response(null, {
    status: 302,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })

function rangeOf(request: Request, bytes: number, etag: string): { start: number; end: number } | 'whole' {
  const condition = request.headers.get('if-range')
  // Only the strong tag of this very file makes a part safe to join with what the client has.
  if (condition !== null && condition.trim() !== etag) return 'whole'
  const range = byteRangeOf(request.headers.get('range'), bytes)
  if (range !== 'unsatisfiable') return range
  throw new ApiError('range_not_satisfiable', `The file has ${bytes} bytes: ask for a range within them.`, {
    headers: { 'content-range': `bytes */${bytes}` },
  })
}
