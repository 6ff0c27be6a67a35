import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Answer } from '../../answer.ts'
import type { Auth, Identity } from '../../auth.ts'
import { headerOf, type SimulatorRequest } from '../../request.ts'

/** Why a signed request is refused. */
export type SignatureFault =
  | 'missing'
  | 'incomplete'
  | 'scope'
  | 'expired'
  | 'link-expired'
  | 'unknown'
  | 'wrong'
  | 'body'

export interface AwsSignatureRules {
  /** The service that a path belongs to, as the scope of its signature must have it. */
  serviceOf(path: string): string
  /** How far the caller's clock may be wrong. */
  toleranceMs(service: string): number
  refuse(fault: SignatureFault, request: SimulatorRequest): Answer
}

/** What the signature of a request says: in a header or, for a link that anyone may open, in the query. */
interface Claim {
  readonly accessKey: string
  /** Day, region, service and the word `aws4_request`. */
  readonly scope: readonly string[]
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly date: string
  /** How long a link lives; null for a header, whose time must be that of now. */
  readonly livesMs: number | null
  /** What stands for the body. */
  readonly bodyHash: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

type Written = Readonly<Record<'credential' | 'signedHeaders' | 'signature', string>>

function claimWith(
  { credential, signedHeaders, signature }: Written,
  more: Pick<Claim, 'date' | 'livesMs' | 'bodyHash'>,
): Claim | null {
  const [accessKey = '', ...scope] = credential.split('/')
  const names = signedHeaders.split(';')
  const isWhole = accessKey !== '' && scope.length === 4 && names.includes('host') && signature !== ''
  return isWhole ? { accessKey, scope, signedHeaders: names, signature, ...more } : null
}

function claimInHeader(request: SimulatorRequest): Claim | null {
  const authorization = headerOf(request, 'authorization')
  if (!authorization.startsWith(`${ALGORITHM} `)) return null
  const pairs = authorization.slice(ALGORITHM.length + 1).split(',')
  const fields = new Map(
    pairs.map((pair): [string, string] => {
      const [name = '', ...value] = pair.trim().split('=')
      return [name, value.join('=')]
    }),
  )
  const written = {
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
  }
  const bodyHash = headerOf(request, 'x-amz-content-sha256') || sha256(request.body)
  return claimWith(written, { date: headerOf(request, 'x-amz-date'), livesMs: null, bodyHash })
}

const LINK_SECONDS_MAX = 604_800

function claimInQuery({ query }: SimulatorRequest): Claim | null {
  const field = (name: string): string => query.get(`X-Amz-${name}`) ?? ''
  const seconds = Number(field('Expires'))
  if (field('Algorithm') !== ALGORITHM || !(seconds >= 1 && seconds <= LINK_SECONDS_MAX)) return null
  const written = {
    credential: field('Credential'),
    signedHeaders: field('SignedHeaders'),
    signature: field('Signature'),
  }
  const more = { date: field('Date'), livesMs: seconds * 1000, bodyHash: 'UNSIGNED-PAYLOAD' }
  return claimWith(written, more)
}

/** As AWS writes text in addresses: letters, digits and `-._~` stay. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** S3 signs the path as it is sent; the others escape what is sent once more. */
function canonicalPath(path: string, service: string): string {
  return service === 's3' ? path : path.split('/').map(escaped).join('/')
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted((a, b) => (a < b ? -1 : Number(a > b)))
    .join('&')
}

function canonicalHeader({ headers }: SimulatorRequest, name: string): string {
  const value = [headers[name] ?? ''].flat().join(',')
  return `${name}:${value.trim().replaceAll(/ +/gu, ' ')}`
}

/** The signature that the request must bear, made of what arrived. */
function signatureOf(request: SimulatorRequest, claim: Claim, secret: string): Buffer {
  const { scope, signedHeaders, date, bodyHash } = claim
  const [, , service = ''] = scope
  const canonical = [
    request.method,
    canonicalPath(request.path, service),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => canonicalHeader(request, name)),
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
  const text = [ALGORITHM, date, scope.join('/'), sha256(canonical)].join('\n')
  return hmac(scope.reduce<string | Buffer>(hmac, `AWS4${secret}`), text)
}

const TIME = /^(?<day>\d{8})T(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})Z$/u

/** The time of an `x-amz-date`; not a number where it is none. */
function timeOf(text: string): number {
  const { day = '', hour = '', minute = '', second = '' } = TIME.exec(text)?.groups ?? {}
  return Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${hour}:${minute}:${second}Z`)
}

/** What is wrong with a claim before its signature is looked at. */
function claimFault(
  path: string,
  { scope: [day, , service, end], date, livesMs }: Claim,
  { rules, nowMs }: { rules: AwsSignatureRules; nowMs: number },
): SignatureFault | null {
  const wanted = rules.serviceOf(path)
  const timeMs = timeOf(date)
  if (Number.isNaN(timeMs)) return 'incomplete'
  if (service !== wanted || end !== 'aws4_request' || !date.startsWith(day ?? '')) return 'scope'
  const toleranceMs = rules.toleranceMs(wanted)
  const isEarly = timeMs - nowMs > toleranceMs
  const isLate = nowMs - timeMs > (livesMs ?? toleranceMs)
  if (!isEarly && !isLate) return null
  return livesMs === null ? 'expired' : 'link-expired'
}

/** Whether the body is the one whose hash was signed. Some bodies may go unsigned, and say so. */
function isSignedBody({ body }: SimulatorRequest, { bodyHash }: Claim): boolean {
  return !/^[\da-f]{64}$/u.test(bodyHash) || bodyHash === sha256(body)
}

/** The secret beside an access key: `access:secret`, or one word for both. */
export function awsKeysOf(key: string): { readonly accessKey: string; readonly secret: string } {
  const [accessKey = '', ...secret] = key.split(':')
  return { accessKey, secret: secret.length === 0 ? accessKey : secret.join(':') }
}

function identityOf(
  request: SimulatorRequest,
  keys: readonly string[],
  { rules, nowMs }: { rules: AwsSignatureRules; nowMs: number },
): Identity {
  const refused = (fault: SignatureFault): Identity => ({ refused: rules.refuse(fault, request) })
  const isLink = request.query.has('X-Amz-Signature')
  if (!isLink && headerOf(request, 'authorization') === '') return refused('missing')
  const claim = isLink ? claimInQuery(request) : claimInHeader(request)
  if (claim === null) return refused('incomplete')
  const fault = claimFault(request.path, claim, { rules, nowMs })
  if (fault !== null) return refused(fault)
  // Without keys there is no secret to check with.
  if (keys.length === 0) return { key: claim.accessKey }
  const known = keys.find((key) => awsKeysOf(key).accessKey === claim.accessKey)
  if (known === undefined) return refused('unknown')
  const wanted = signatureOf(request, claim, awsKeysOf(known).secret)
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refused('wrong')
  return isSignedBody(request, claim) ? { key: known } : refused('body')
}

/** Signature Version 4, checked as AWS does: made again from what arrived. Keys are `access:secret`. */
export function awsSignatureAuth(rules: AwsSignatureRules): Auth {
  return {
    isRequired: true,
    identify: (request, keys, nowMs) => identityOf(request, keys, { rules, nowMs }),
  }
}
