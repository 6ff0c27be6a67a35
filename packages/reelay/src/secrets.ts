import { hkdfSync } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
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
}

const SECRET_BYTES = 32
const MODE_PRIVATE = 0o600

/** Settings win; else what an earlier start made; else new ones, written readable for their owner only. */
export async function loadSecrets(config: Config, ids: Ids): Promise<Secrets> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const adminKeyPath = join(config.dataDir, 'admin.key')
  const adminKey = config.apiKey ?? (await readOrMake(adminKeyPath, () => `rk_${ids.secret(SECRET_BYTES)}`))
  const secret =
    config.secret ?? (await readOrMake(join(config.dataDir, 'secret'), () => ids.secret(SECRET_BYTES)))
  const secrets = [secret, ...(config.secretPrevious === null ? [] : [config.secretPrevious])]
  return {
    adminKey,
    adminKeyPath: config.apiKey === null ? adminKeyPath : null,
    linkKeys: secrets.map((value) => derive(value, 'links')),
    vaultKeys: secrets.map((value) => derive(value, 'stored secrets')),
  }
}

const derive = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `reelay ${purpose}`, SECRET_BYTES))

async function readOrMake(path: string, make: () => string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch((error: unknown) => {
    // Only a file that is not there is made: one that cannot be read must not be replaced.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (existing !== undefined && existing.trim() !== '') return existing.trim()
  const made = make()
  await writeFile(path, `${made}\n`, { mode: MODE_PRIVATE })
  await chmod(path, MODE_PRIVATE)
  return made
}
