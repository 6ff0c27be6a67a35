import { z } from 'zod'

/**
 * An export is lines of JSON:
 *
 *     {"format":"reelay-export","version":1,…}           the header
 *     {"table":"tasks","columns":["id",…],"rows":2}       a section for each table
 *     ["video_…",…]                                       its rows, a value for each column
 *     {"end":true,"rows":{"tasks":2,…},"sha256":"…"}      the trailer, with the hash of all bytes before it
 *
 * Bytes are `{"base64":"…"}`; numbers, texts and null are themselves.
 */
export const FORMAT = 'reelay-export'
export const FORMAT_VERSION = 1
/** The longest line that is written: a callback of 2 MiB takes less than half of it. */
export const LINE_BYTES_MAX: number = 8 * 1024 * 1024

const counts = z.record(z.string(), z.int().min(0))

export type ExportHeader = {
  format: typeof FORMAT
  version: number
  /** Names this export, in both databases. */
  id: string
  /** The database that it was made from is closed for good. */
  isMove: boolean
  madeAtMs: number
  /** The version of Reelay. */
  madeBy: string
  /** What made the tables that the rows are from. */
  migrations: readonly string[]
  /** Rows by table. */
  rows: Readonly<Record<string, number>>
  /** The same for gateways with the same REELAY_SECRET. */
  secretMark: string
}

export const headerSchema: z.ZodType<ExportHeader> = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  id: z.string().min(1).max(100),
  isMove: z.boolean(),
  madeAtMs: z.number(),
  madeBy: z.string(),
  migrations: z.array(z.string()),
  rows: counts,
  secretMark: z.string(),
})

export type ExportSection = { table: string; columns: readonly string[]; rows: number }

export const sectionSchema: z.ZodType<ExportSection> = z.object({
  table: z.string(),
  columns: z.array(z.string()).min(1),
  rows: z.int().min(0),
})

export type ExportTrailer = { end: true; rows: Readonly<Record<string, number>>; sha256: string }

export const trailerSchema: z.ZodType<ExportTrailer> = z.object({
  end: z.literal(true),
  rows: counts,
  sha256: z.string(),
})

/** What a column can hold. */
export type CellValue = string | number | null | Uint8Array

const bytesSchema = z.object({ base64: z.base64() })

export const encodeRow = (row: readonly unknown[]): string => JSON.stringify(row.map(encodeCell))

function encodeCell(value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}

/** Undefined when it is no cell. */
export function decodeCell(value: unknown): CellValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  const bytes = bytesSchema.safeParse(value)
  return bytes.success ? Buffer.from(bytes.data.base64, 'base64') : undefined
}
