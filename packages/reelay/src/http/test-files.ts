import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { FileTooLarge, type Files, type FileView, type StagedFile, type StoredFile } from '../files/files.ts'

/** `Files` for tests: staged bytes are in a temporary directory, kept ones in memory. */
export class TestFiles implements Files {
  readonly kept: Map<string, Uint8Array> = new Map()
  /** Paths of what was staged and neither kept nor discarded. */
  readonly staged: Set<string> = new Set()
  /** Set: clients are sent there for their files. */
  linkBase: string | null = null
  readonly #directory = mkdtemp(join(tmpdir(), 'reelay-http-'))
  #count = 0
  /** How many streams of kept files have not ended. */
  openStreams = 0

  async stage(): Promise<StagedFile> {
    this.#count += 1
    const name = `${this.#count}.part`
    const path = join(await this.#directory, name)
    await writeFile(path, '')
    this.staged.add(path)
    return {
      path,
      write: (source, bytesMax) => write(path, source, bytesMax),
      keep: async (key) => {
        this.kept.set(key, await readFile(path))
        this.staged.delete(path)
      },
      discard: async () => {
        await rm(path, { force: true })
        this.staged.delete(path)
      },
    }
  }

  async open(key: string, range?: { start: number; end: number }): Promise<Readable | undefined> {
    const bytes = this.kept.get(key)
    if (bytes === undefined) return undefined
    const stream = Readable.from([Buffer.from(range ? bytes.subarray(range.start, range.end + 1) : bytes)])
    this.openStreams += 1
    stream.once('close', () => {
      this.openStreams -= 1
    })
    return stream
  }

  async size(key: string): Promise<number | undefined> {
    return this.kept.get(key)?.byteLength
  }

  async sign(key: string, { method, mime, disposition }: FileView): Promise<string | undefined> {
    if (this.linkBase === null) return undefined
    return `${this.linkBase}/${key}?${new URLSearchParams({ method, mime, disposition }).toString()}`
  }

  async remove(key: string): Promise<void> {
    this.kept.delete(key)
  }

  async names(folder: string): Promise<readonly string[]> {
    const below = [...this.kept.keys()].filter((key) => key.startsWith(`${folder}/`))
    return [...new Set(below.map((key) => key.slice(folder.length + 1).split('/')[0] ?? ''))]
  }

  async removeFolder(folder: string): Promise<void> {
    for (const key of this.kept.keys()) if (key.startsWith(`${folder}/`)) this.kept.delete(key)
  }

  async sweep(): Promise<void> {}

  async check(): Promise<void> {}

  /** Removes the temporary directory. */
  async close(): Promise<void> {
    await rm(await this.#directory, { recursive: true, force: true })
  }
}

async function write(path: string, source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new FileTooLarge(bytesMax)
    hash.update(chunk)
    await appendFile(path, chunk)
  }
  return { bytes, sha256: hash.digest('hex') }
}
