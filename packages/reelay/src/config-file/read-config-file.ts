import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '../config-error.ts'
import type { Environment } from '../config.ts'
import { isRecord } from '../system/json.ts'

const NAMES = ['reelay.config.ts', 'reelay.config.mts', 'reelay.config.js', 'reelay.config.mjs'] as const

const EXTENSIONS = /\.(m?ts|m?js)$/

export type FoundConfigFile = { path: string; name: string; content: unknown }

/** Null when there is none, which is no fault unless one was named. */
function findPath(environment: Environment, directory: string): string | null {
  const named = environment['REELAY_CONFIG']?.trim()
  if (named !== undefined && named !== '') {
    const path = resolve(directory, named)
    if (!EXTENSIONS.test(path))
      throw new ConfigError(`REELAY_CONFIG must name a .ts, .mts, .js or .mjs file: ${path}`)
    if (!existsSync(path)) throw new ConfigError(`REELAY_CONFIG names a file that is not there: ${path}`)
    return path
  }
  const found = NAMES.filter((name) => existsSync(join(directory, name)))
  if (found.length > 1) {
    throw new ConfigError(`${directory} has ${found.join(' and ')}: keep one, or name it in REELAY_CONFIG`)
  }
  const [name] = found
  return name === undefined ? null : join(directory, name)
}

/** What to do about an error that says more of Node than of the file. */
function hintOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
      return ' Install that package in the folder of the file, with npm install.'
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return ' Types are only taken out: write no enums, namespaces or parameter properties.'
    default:
      return ''
  }
}

/**
 * Runs the configuration file, if there is one: `REELAY_CONFIG`, else a `reelay.config` in the directory.
 * @throws ConfigError
 */
export async function readConfigFile(
  environment: Environment,
  directory: string,
): Promise<FoundConfigFile | null> {
  const path = findPath(environment, directory)
  if (path === null) return null
  const name = basename(path)
  let loaded: unknown
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`${path} could not be run: ${reason}${hintOf(error)}`, { cause: error })
  }
  const content = Object.entries(Object(loaded)).find(([key]) => key === 'default')?.[1]
  if (isRecord(content)) return { path, name, content }
  throw new ConfigError(`${path} exports no configuration: write export default defineConfig({ … })`)
}
