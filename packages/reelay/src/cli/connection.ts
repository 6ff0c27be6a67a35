import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, type ReelayClient } from '@reelay/sdk'
import { CliError, usageError } from './cli-error.ts'
import { EXIT_CODE } from './exit-code.ts'
import type { GlobalOptions, Io } from './io.ts'

const URL_DEFAULT = 'http://127.0.0.1:7373'

/** Where the gateway is and the key for it. */
export type Connection = {
  url: string
  apiKey: string
  /** Where the key was found, for messages. */
  apiKeySource: string
}

// One repetition rides out a restart; more would only delay the news that nothing runs.
const RETRIES_MAX = 1

/** The gateway's address: `--url`, else REELAY_URL, else the default of `reelay serve`. */
export function gatewayUrl(options: GlobalOptions, env: Io['env']): string {
  return options.url ?? (nonEmpty(env['REELAY_URL']) || URL_DEFAULT)
}

/**
 * A client for the gateway that the options and the environment name.
 * @throws CliError when the address is none or no key is found
 */
export async function connect(options: GlobalOptions, io: Io): Promise<ReelayClient> {
  const { url, apiKey } = await findConnection(options, io)
  return createClient({ baseURL: url, apiKey, fetch: io.fetch, clock: io.clock, maxRetries: RETRIES_MAX })
}

/**
 * Address and key. The key is `--api-key`, else REELAY_API_KEY, else the admin key in the data directory.
 * @throws CliError when the address is none or no key is found
 */
export async function findConnection(options: GlobalOptions, io: Io): Promise<Connection> {
  const url = gatewayUrl(options, io.env)
  const host = hostOf(url)
  const given = nonEmpty(options.apiKey)
  if (given !== '') return { url, apiKey: given, apiKeySource: '--api-key' }
  const inEnvironment = nonEmpty(io.env['REELAY_API_KEY'])
  if (inEnvironment !== '') return { url, apiKey: inEnvironment, apiKeySource: 'REELAY_API_KEY' }
  // The admin key of this machine's gateway must not travel to another machine.
  if (!isLoopback(host)) {
    throw noApiKey(`No API key for ${host}`, 'pass --api-key, or set REELAY_API_KEY to a key of that gateway')
  }
  const path = adminKeyPath(io)
  return { url, apiKey: await readAdminKey(path), apiKeySource: path }
}

/** The file in which a gateway on this machine leaves its admin key. */
export function adminKeyPath(io: Pick<Io, 'env' | 'homeDirectory'>): string {
  const own = nonEmpty(io.env['REELAY_DATA_DIR'])
  if (own !== '') return join(own, 'admin.key')
  const shared = nonEmpty(io.env['XDG_DATA_HOME']) || join(io.homeDirectory, '.local', 'share')
  return join(shared, 'reelay', 'admin.key')
}

/** True for an address of this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

function hostOf(url: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return new URL(url).hostname
  throw usageError(`The gateway's address is not a URL: ${url}`, {
    hint: `give one like ${URL_DEFAULT} with --url or REELAY_URL`,
    param: 'url',
  })
}

async function readAdminKey(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const what = isMissing ? `there is no ${path}` : `${path} cannot be read`
    const hint =
      'start a gateway with: reelay serve (its first start writes that file), ' +
      'or pass --api-key, or set REELAY_API_KEY'
    throw noApiKey(`No API key: ${what}`, hint, cause)
  }
  const key = text.trim()
  if (key !== '') return key
  throw noApiKey(`No API key: ${path} is empty`, 'delete it and start the gateway again, or pass --api-key')
}

function noApiKey(message: string, hint: string, cause?: unknown): CliError {
  return new CliError(EXIT_CODE.unauthorized, 'no_api_key', message, { hint, cause })
}

const nonEmpty = (text: string | undefined): string => text?.trim() ?? ''
