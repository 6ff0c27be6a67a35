/** Where files are, as REELAY_STORAGE_URL says. */
export type StorageLocation = { kind: 'disk'; directory: string } | { kind: 's3'; location: S3Location }

/** A place in a bucket, on AWS or on any server that speaks its protocol. */
export type S3Location = {
  bucket: string
  /** Without slashes at its ends; empty: the whole bucket. */
  prefix: string
  /** Null: AWS in that region. */
  endpoint: string | null
  region: string
  /** The bucket is part of the path rather than of the host's name. */
  usesPathStyle: boolean
  /** By which clients reach the same server, for links; null: by the endpoint. */
  publicEndpoint: string | null
}

/** What may stand behind the question mark. */
const PARAMETERS = ['endpoint', 'region', 'path_style', 'public_endpoint'] as const
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const REGION = /^[a-z0-9-]{2,40}$/
/** Plain names: an empty, hidden or dotted one would not mean the same to every server. */
const PREFIX = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$/
const PREFIX_CHARACTERS_MAX = 200

/**
 * Reads REELAY_STORAGE_URL.
 * @param fallback what the rest of the configuration says of the place
 * @returns what is wrong with it, in one sentence, when it cannot be used
 */
export function readStorageLocation(
  url: string,
  fallback: { directory: string; region: string | undefined },
): StorageLocation | string {
  if (url.startsWith('file:')) return diskLocation(url.slice('file:'.length), fallback.directory)
  if (!url.startsWith('s3:')) return 'must start with file: or s3:, for instance s3://bucket/prefix'
  return s3Location(url, fallback.region)
}

/** A bare `file:` means the usual place. */
function diskLocation(rest: string, usual: string): StorageLocation {
  const path = rest.replace(/^\/\//, '')
  return { kind: 'disk', directory: path === '' ? usual : path }
}

function s3Location(text: string, usualRegion: string | undefined): StorageLocation | string {
  const url = URL.parse(text)
  if (url === null) return 'must look like s3://bucket/prefix?endpoint=https://host&region=name'
  if (url.username !== '' || url.password !== '') {
    return 'must hold no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  }
  const { searchParams } = url
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.some((known) => known === name))
  if (unknown !== undefined) return `knows no ${unknown}: it takes ${PARAMETERS.join(', ')}`
  if (!BUCKET.test(url.host)) return `names no bucket: "${url.host}" cannot be the name of one`
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '')
  if (!PREFIX.test(prefix) || prefix.length > PREFIX_CHARACTERS_MAX) {
    return 'must have a prefix of plain names: letters, digits, dots, - and _, separated by single slashes'
  }
  const endpoint = endpointIn(searchParams, 'endpoint')
  const publicEndpoint = endpointIn(searchParams, 'public_endpoint')
  if (endpoint === undefined || publicEndpoint === undefined) {
    return 'must have endpoints such as https://storage.example.com:9000, without a path'
  }
  const region = searchParams.get('region') ?? usualRegion ?? 'us-east-1'
  if (!REGION.test(region)) return `has no such region: "${region}"`
  const pathStyle = searchParams.get('path_style') ?? String(endpoint !== null)
  if (pathStyle !== 'true' && pathStyle !== 'false') return 'must have path_style=true or path_style=false'
  const usesPathStyle = pathStyle === 'true'
  const location = { bucket: url.host, prefix, endpoint, region, usesPathStyle, publicEndpoint }
  return { kind: 's3', location }
}

/** Null: none is given. Undefined: what is given is none. */
function endpointIn(parameters: URLSearchParams, name: string): string | null | undefined {
  const value = parameters.get(name)
  if (value === null) return null
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') return undefined
  return url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : undefined
}
