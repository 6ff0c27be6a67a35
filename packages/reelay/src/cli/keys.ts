import type { ApiKey } from '@reelay/sdk'
import { connect } from './connection.ts'
import { formatAgo, formatExpiry } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'

/** `expires` and `overlap` in seconds. */
export type KeyCreateOptions = GlobalOptions & {
  name: string
  project?: string
  scopes?: readonly string[]
  expires?: number
}

export type KeyRotateOptions = GlobalOptions & { id: string; overlap?: number; expires?: number }

export type KeyRevokeOptions = GlobalOptions & { id: string }

/** `reelay keys create`: the secret is printed once, alone on standard output. */
export async function create(options: KeyCreateOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const { name, project, scopes, expires } = options
  const key = await client.keys.create({ name, project, scopes, expiresInSeconds: expires })
  return printMade(key, `${key.id} made`, options, io)
}

/** `reelay keys rotate`: the new secret, printed like that of a new key. */
export async function rotate(options: KeyRotateOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const { id, overlap, expires } = options
  const key = await client.keys.rotate(id, { overlapSeconds: overlap, expiresInSeconds: expires })
  return printMade(key, `${key.id} made in the place of ${key.replaces ?? id}`, options, io)
}

function printMade(key: ApiKey, what: string, options: GlobalOptions, io: Io): ExitCode {
  if (options.json === true) {
    writeJson(io, key)
    return EXIT_CODE.ok
  }
  writeLine(io.stderr, `${what}; the key below is shown this once only`)
  writeLine(io.stdout, key.key ?? '')
  return EXIT_CODE.ok
}

/** `reelay keys list`: without the secrets, which nobody can read again. */
export async function list(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const keys = await client.keys.list()
  if (options.json === true) {
    writeJson(io, { object: 'list', data: keys })
    return EXIT_CODE.ok
  }
  const nowMs = io.clock.nowMs()
  printTable(io, {
    columns: [
      { title: 'ID' },
      { title: 'NAME', shrinks: true },
      { title: 'PROJECT' },
      { title: 'SCOPES' },
      { title: 'CREATED' },
      { title: 'EXPIRES' },
      { title: 'LAST USED' },
    ],
    rows: keys.map((key) => [
      key.id,
      key.name,
      key.project,
      key.scopes.join(','),
      formatAgo(key.created_at, nowMs),
      key.expires_at === null ? 'never' : formatExpiry(key.expires_at, nowMs),
      key.last_used_at === null ? 'never' : formatAgo(key.last_used_at, nowMs),
    ]),
    empty: 'no keys; make one with: reelay keys create --name my-app',
  })
  return EXIT_CODE.ok
}

/** `reelay keys revoke`: requests with this key are refused from now on. */
export async function revoke(options: KeyRevokeOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const revoked = await client.keys.revoke(options.id)
  if (options.json === true) writeJson(io, revoked)
  else writeLine(io.stdout, `${revoked.id}  ${revoked.deleted ? 'revoked' : 'not revoked'}`)
  return revoked.deleted ? EXIT_CODE.ok : EXIT_CODE.unexpected
}
