import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SharedFiles } from '../../src/files/files.ts'
import { openS3Files, type S3FilesOptions } from '../../src/files/s3-files.ts'
import { openSpool } from '../../src/files/spool.ts'
import type { S3Location } from '../../src/files/storage-location.ts'
import { BUCKET, S3_KEYS, startS3Server, type S3Server } from './s3-server.ts'

export type S3Subject = AsyncDisposable & {
  server: S3Server
  files: SharedFiles
  spoolDirectory: string
  /** The same place for another process, which differs in what is given. */
  openAgain(patch?: Partial<S3FilesOptions>, place?: Partial<S3Location>): Promise<SharedFiles>
}

/** Files on a server of their own. */
export async function openS3(patch: Partial<S3FilesOptions> = {}): Promise<S3Subject> {
  await using opened = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'reelay-s3-files-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const server = opened.use(await startS3Server())
  const places: SharedFiles[] = []
  opened.defer(() => {
    for (const place of places) place.close()
  })
  const spoolDirectory = join(directory, 'spool')
  const openAgain: S3Subject['openAgain'] = async (own = {}, place = {}) => {
    const location = {
      bucket: BUCKET,
      prefix: 'some/prefix',
      endpoint: server.url,
      region: 'us-east-1',
      usesPathStyle: true,
      publicEndpoint: null,
      ...place,
    }
    const files = openS3Files({
      location,
      credentials: S3_KEYS,
      random: () => 0.5,
      retryBaseMs: 1,
      spool: await openSpool(spoolDirectory, 0),
      isRedirecting: false,
      ...patch,
      ...own,
    })
    places.push(files)
    return files
  }
  const files = await openAgain()
  const all = opened.move()
  return { server, files, spoolDirectory, openAgain, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
