import { hkdfSync } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import type { Ids } from './system/ids.ts'

/** What this gateway signs and is administered with. */
export type Secrets = {
  /** The bootstrap admin key, for clients. */
  adminKey: string
  /** Where it was written, when it was made here. */
  adminKeyPath: string | null
  /** Keys of signed links: the first signs, all verify. */
  linkKeys: readonly Uint8Array[]
  /** Keys of the vault for stored secrets: the first seals, all open. */
  vaultKeys: readonly Uint8Array[]
  /** What the addresses are made from at which providers call back about a whole account: the first is shown, all hold. */
  callbackKeys: readonly Uint8Array[]
  /** Keys of the dashboard's cookies: the first seals, all open. */
  sessionKeys: readonly Uint8Array[]
}

const SECRET_BYTES = 32
const MODE_PRIVATE = 0o600

/** Settings win; else what an earlier start made; else new ones, written readable for their owner only. */
export async function loadSecrets(config: Config, ids: Ids): Promise<Secrets> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const adminKeyPath = join(config.dataDir, 'admin.key')
  const adminKey =
    config.apiKey ?? (await readOrMake(adminKeyPath, ids, () => `rk_${ids.secret(SECRET_BYTES)}`))
  const secret =
    config.secret ?? (await readOrMake(secretPathIn(config), ids, () => ids.secret(SECRET_BYTES)))
  const secrets = [secret, ...(config.secretPrevious === null ? [] : [config.secretPrevious])]
  return {
    adminKey,
    adminKeyPath: config.apiKey === null ? adminKeyPath : null,
    linkKeys: secrets.map((value) => derive(value, 'links')),
    vaultKeys: secrets.map((value) => derive(value, 'stored secrets')),
    callbackKeys: secrets.map((value) => derive(value, 'callbacks')),
    sessionKeys: secrets.map((value) => derive(value, 'sessions')),
  }
}

const secretPathIn = ({ dataDir }: Config): string => join(dataDir, 'secret')

/**
 * The same for gateways with the same secret, and tells nothing of it: of the current one, then of the one before. Empty when
 * this gateway has none yet.
 */
export async function secretMarks(config: Config): Promise<readonly string[]> {
  const file = await readFile(secretPathIn(config), 'utf8').catch((error: unknown) =>
    ignoring(error, 'ENOENT'),
  )
  const secret = config.secret ?? file?.trim() ?? ''
  if (secret === '') return []
  const secrets = [secret, ...(config.secretPrevious === null ? [] : [config.secretPrevious])]
  return secrets.map((value) => Buffer.from(derive(value, 'mark of exports')).toString('hex'))
}

const derive = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `reelay ${purpose}`, SECRET_BYTES))

async function readOrMake(path: string, ids: Ids, make: () => string): Promise<string> {
  // Only a file that is not there is made: one that cannot be read must not be replaced.
  const existing = await readFile(path, 'utf8').catch((error: unknown) => ignoring(error, 'ENOENT'))
  if (existing !== undefined && existing.trim() !== '') return existing.trim()
  const made = make()
  const draft = `${path}.${ids.id('draft', 0)}`
  await writeFile(draft, `${made}\n`, { mode: MODE_PRIVATE, flag: 'wx' })
  try {
    await chmod(draft, MODE_PRIVATE)
    // An empty file is none. Nobody else is expected to find the same one at the same time.
    if (existing !== undefined) await rename(draft, path)
    else if (!(await keepFirst(draft, path))) return (await readFile(path, 'utf8')).trim()
    return made
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Gives a whole file its name unless another process was faster: then that one's is what counts. A link, because nobody
 * ever sees it half written; a copy where the file system has no links.
 * @returns false when there is a file of that name
 */
async function keepFirst(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch {
    // There is one of that name, or there are no links here: the copy tells which.
  }
  try {
    await copyFile(draft, path, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    ignoring(error, 'EEXIST')
    return false
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** @throws what it was given, unless it has this code */
function ignoring(error: unknown, code: string): undefined {
  if (codeOf(error) !== code) throw error
}
