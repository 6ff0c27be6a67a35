import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig, type Environment } from '../../src/config.ts'
import { hurried } from './hurried.ts'
import { LogWatch } from './log-watch.ts'

export type JsonReply = { status: number; body: Record<string, unknown> }

/** A whole gateway that works but does not listen: it is set up for a public address, where loopback is forbidden. */
export interface UnlisteningGateway {
  readonly reelay: Reelay
  readonly log: LogWatch
  readonly directory: string
  /** A JSON request as the administrator. */
  ask(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<JsonReply>
  /** Files of inputs and videos, and those being written, below the data directory. */
  storedFiles(): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function openUnlistening(environment: Environment): Promise<UnlisteningGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-security-'))
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_HOST: '0.0.0.0',
    REELAY_API_KEY: 'an-administrator-key-of-32-characters',
    REELAY_SECRET: 'a-secret-of-at-least-thirty-two-characters',
    REELAY_PUBLIC_URL: 'https://reelay.example',
    ...environment,
  })
  const log = new LogWatch()
  const reelay = await createReelay(config, { log, wrapProvider: hurried })
  await reelay.start()
  return {
    reelay,
    log,
    directory,
    ask: async (method, path, body, headers = {}) => {
      const request = new Request(`http://127.0.0.1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${reelay.adminKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const response = await reelay.fetch(request)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    storedFiles: async () => {
      const entries = await readdir(join(directory, 'files'), { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    },
    stop: async () => {
      await reelay.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
