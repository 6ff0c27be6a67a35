import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import {
  decodeCell,
  FORMAT_VERSION,
  headerSchema,
  LINE_BYTES_MAX,
  sectionSchema,
  trailerSchema,
  type CellValue,
  type ExportHeader,
  type ExportSection,
  type ExportTrailer,
} from './export-format.ts'
import { MoveRefused } from './move-refused.ts'
import { splitLines } from './split-lines.ts'

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])
const READ_BYTES = 256 * 1024

export type ExportPart =
  | { kind: 'header'; header: ExportHeader }
  | { kind: 'section'; section: ExportSection }
  /** `bytes`: of the line, as a measure of its size. */
  | { kind: 'row'; row: readonly CellValue[]; bytes: number }

/**
 * The parts of an export in their order, whatever it is called and whether it is compressed. What it says of itself is
 * compared with what is there at the end: nothing counts before that.
 * @throws MoveRefused when it is cut short, damaged, or none
 */
export async function* readExport(path: string): AsyncGenerator<ExportPart> {
  const hash = createHash('sha256')
  const found: Record<string, number> = {}
  let section: ExportSection | undefined
  let header: ExportHeader | undefined
  let trailer: ExportTrailer | undefined
  for await (const line of splitLines(bytesOf(path), LINE_BYTES_MAX)) {
    if (trailer !== undefined) throw new MoveRefused(`${path} goes on behind its end: export again.`)
    const value = parse(path, line)
    if (header === undefined) {
      header = headerOf(path, value)
      yield { kind: 'header', header }
    } else if (Array.isArray(value)) {
      if (section === undefined) throw damaged(path)
      found[section.table] = (found[section.table] ?? 0) + 1
      yield { kind: 'row', row: rowOf(path, section, value), bytes: line.byteLength }
    } else if (trailerSchema.safeParse(value).success) {
      trailer = trailerSchema.parse(value)
      continue
    } else {
      section = sectionOf(path, value)
      if (section.table in found) throw damaged(path)
      found[section.table] = 0
      yield { kind: 'section', section }
    }
    hash.update(line).update('\n')
  }
  if (header === undefined) throw new MoveRefused(`${path} is empty.`)
  if (trailer === undefined) throw new MoveRefused(`${path} is cut short: its end is missing. Export again.`)
  const isWhole = sameCounts(found, trailer.rows) && sameCounts(found, header.rows)
  if (!isWhole || trailer.sha256 !== hash.digest('hex')) throw damaged(path)
}

const damaged = (path: string): MoveRefused =>
  new MoveRefused(`${path} is damaged: it is not what was exported. Copy it again, or export again.`)

const sameCounts = (left: ExportTrailer['rows'], right: ExportTrailer['rows']): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([table, count]) => right[table] === count)

function parse(path: string, line: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString())
  } catch (error) {
    throw new MoveRefused(`${path} is no export of Reelay, or is damaged.`, { cause: error })
  }
}

function headerOf(path: string, value: unknown): ExportHeader {
  const header = headerSchema.safeParse(value)
  if (!header.success) throw new MoveRefused(`${path} is no export of Reelay.`)
  const { version, madeBy } = header.data
  if (version === FORMAT_VERSION) return header.data
  throw new MoveRefused(
    `${path} has version ${version} of the format (Reelay ${madeBy}); this Reelay reads version ${FORMAT_VERSION}.`,
  )
}

function sectionOf(path: string, value: unknown): ExportSection {
  const section = sectionSchema.safeParse(value)
  if (!section.success) throw damaged(path)
  return section.data
}

function rowOf(path: string, { columns }: ExportSection, values: readonly unknown[]): readonly CellValue[] {
  const row = values.flatMap((value) => {
    const cell = decodeCell(value)
    return cell === undefined ? [] : [cell]
  })
  if (row.length !== columns.length || values.length !== columns.length) throw damaged(path)
  return row
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const isCompressed = await isGzip(path)
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  const source = isCompressed ? file.pipe(createGunzip()) : file
  file.once('error', (error) => source.destroy(error))
  try {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a file came as text')
      yield chunk
    }
  } catch (error) {
    if (!isZlibFault(error)) throw error
    throw new MoveRefused(`${path} is cut short or damaged: ${error.message}. Export again.`, {
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

const isZlibFault = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

async function isGzip(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r')
    const { buffer } = await file.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0)
    return buffer.equals(GZIP_MAGIC)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MoveRefused(`The export cannot be read: ${reason}.`, { cause: error })
  }
}
