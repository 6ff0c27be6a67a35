import { readFile } from 'node:fs/promises'
import type { AuthClient, gaxios } from 'google-auth-library'
import type { Clock } from '../system/clock.ts'
import { recordOf, textOf, type JsonRecord } from '../system/json.ts'
import { CredentialsFailed, type CredentialHeaders, type UnprovenRequest } from './credentials.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** From the question for a token to the token, repetitions by the library included. */
const LOGIN_TIMEOUT_MS = 10_000

const REASON_CHARACTERS_MAX = 300

/** Tokens, keys and signatures, should an answer repeat one. */
const SECRET = /[\w.~+/=-]{40,}/g

const CHECK_FILE = 'Check the key file that GOOGLE_APPLICATION_CREDENTIALS names.'
const GIVE_FILE =
  'Set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file, or run where a metadata server of Google Cloud answers.'

export type GoogleLoginOptions = {
  project: string
  /** The path of a key file; absent: the machine's own account is used. */
  keyFile?: string | undefined
  clock: Clock
  /** Given by tests; else the library's own. */
  fetchImplementation?: gaxios.GaxiosOptions['fetchImplementation']
}

export type GoogleLogin = (request: Pick<UnprovenRequest, 'signal'>) => Promise<CredentialHeaders>

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return reason.replace(SECRET, '[redacted]').replace(/\s+/g, ' ').slice(0, REASON_CHARACTERS_MAX)
}

/** @throws CredentialsFailed */
async function readKeyFile(path: string): Promise<JsonRecord> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = textOf(recordOf(error)['code']) ?? 'unknown'
    throw new CredentialsFailed(`The key file cannot be read (${code}). ${CHECK_FILE}`, { cause: error })
  }
  try {
    return recordOf(JSON.parse(text))
  } catch {
    // The error would repeat what is in the file.
    throw new CredentialsFailed(`The key file is not JSON. ${CHECK_FILE}`)
  }
}

const textsOf = (record: JsonRecord): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )

/** Loaded here only: nobody else should pay for the library. */
async function clientOf({ keyFile, project, fetchImplementation }: GoogleLoginOptions): Promise<AuthClient> {
  const { GoogleAuth, JWT, UserRefreshClient } = await import('google-auth-library')
  const transporterOptions = {
    timeout: LOGIN_TIMEOUT_MS,
    ...(fetchImplementation === undefined ? {} : { fetchImplementation }),
  }
  if (keyFile === undefined) {
    const options = { projectId: project, scopes: SCOPE, clientOptions: { transporterOptions } }
    return new GoogleAuth(options).getClient()
  }
  const key = await readKeyFile(keyFile)
  switch (key['type']) {
    case 'service_account': {
      const client = new JWT({ scopes: SCOPE, transporterOptions })
      client.fromJSON(textsOf(key))
      return client
    }
    case 'authorized_user': {
      const client = new UserRefreshClient({ transporterOptions })
      client.fromJSON(textsOf(key))
      return client
    }
    default:
      throw new CredentialsFailed(
        `The key file is not of type service_account or authorized_user. ${CHECK_FILE}`,
      )
  }
}

async function inTime<Found>(
  found: Promise<Found>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const patience = new AbortController()
  const signals = signal === undefined ? [patience.signal] : [patience.signal, signal]
  try {
    const first = await Promise.race([found, clock.sleep(LOGIN_TIMEOUT_MS, AbortSignal.any(signals))])
    if (first !== undefined) return first
    signal?.throwIfAborted()
    throw new CredentialsFailed(`Google gave no access token within ${LOGIN_TIMEOUT_MS / 1_000} s.`)
  } finally {
    patience.abort()
  }
}

/**
 * Headers with an access token of Google's. The library keeps the token and gets a new one before it expires. After a
 * failure the key file is read anew.
 */
export function createGoogleLogin(options: GoogleLoginOptions): GoogleLogin {
  const { keyFile, clock } = options
  let client: Promise<AuthClient> | undefined

  async function headers(): Promise<CredentialHeaders> {
    const current = (client ??= clientOf(options))
    try {
      const found = Object.fromEntries(await (await current).getRequestHeaders())
      if (textOf(found['authorization']) !== null) return found
      throw new Error('There is no token in its answer.')
    } catch (error) {
      if (client === current) client = undefined
      if (error instanceof CredentialsFailed) throw error
      const advice = keyFile === undefined ? GIVE_FILE : CHECK_FILE
      throw new CredentialsFailed(`Google gave no access token: ${reasonOf(error)} ${advice}`)
    }
  }

  return async ({ signal }) => inTime(headers(), clock, signal)
}
