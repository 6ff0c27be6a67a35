import { NotAVideo } from './not-a-video.ts'

/** Boxes that hold other boxes on the way to the sample tables. */
const CONTAINERS = new Set(['trak', 'mdia', 'minf', 'stbl', 'edts', 'mvex', 'traf'])

/** Size of one entry of each table, and where its entry count stands in the body. */
const TABLES: Readonly<Record<string, { entryBytes: number; countAt: number }>> = {
  stts: { entryBytes: 8, countAt: 4 },
  ctts: { entryBytes: 8, countAt: 4 },
  stsc: { entryBytes: 12, countAt: 4 },
  stco: { entryBytes: 4, countAt: 4 },
  co64: { entryBytes: 8, countAt: 4 },
  stss: { entryBytes: 4, countAt: 4 },
  elst: { entryBytes: 12, countAt: 4 },
}

const DEPTH_MAX = 8
/** All samples of all tracks and fragments: some tens of hours. A reader works through each of them. */
const SAMPLES_MAX = 4_000_000
const CHUNK_SAMPLES_MAX = 100_000
/** Some writers count a sample or two more than there are. */
const EXTRA_SAMPLES_MAX = 64
/** A decode time and a composition offset. */
const TIMINGS_PER_SAMPLE = 2

/** How many samples the boxes of one file may still describe. One object for all boxes of the file. */
export interface SampleBudget {
  left: number
}

export function createSampleBudget(): SampleBudget {
  return { left: SAMPLES_MAX }
}

function spend(budget: SampleBudget, samples: number): void {
  budget.left -= samples
  if (budget.left < 0) throw new NotAVideo('too_complex', 'it has too many samples')
}

interface SampleTables {
  readonly budget: SampleBudget
  sampleCount: number
  chunks: DataView | undefined
  chunksAreLarge: boolean
  runs: DataView | undefined
  sizes: DataView | undefined
  /** Decode times and composition offsets, each as runs of samples. */
  timings: DataView[]
}

function countOf(table: DataView, countAt: number, entryBytes: number, name: string): number {
  if (table.byteLength < countAt + 4) throw new NotAVideo('malformed', `${name} is too short`)
  const count = table.getUint32(countAt)
  if (count * entryBytes > table.byteLength - countAt - 4) {
    throw new NotAVideo('malformed', `${name} claims more entries than it holds`)
  }
  return count
}

function checkTable(name: string, body: DataView, tables: SampleTables): void {
  const layout = TABLES[name]
  if (layout !== undefined) countOf(body, layout.countAt, layout.entryBytes, name)
  if (name === 'stsz' || name === 'stz2') {
    if (body.byteLength < 12) throw new NotAVideo('malformed', `${name} is too short`)
    const isListed = name === 'stsz' && body.getUint32(4) === 0
    tables.sampleCount = isListed ? countOf(body, 8, 4, name) : body.getUint32(8)
    spend(tables.budget, tables.sampleCount)
  }
  if (name === 'trun') {
    if (body.byteLength < 8) throw new NotAVideo('malformed', 'trun is too short')
    spend(tables.budget, body.getUint32(4))
  }
}

function remember(tables: SampleTables, name: string, body: DataView): void {
  if (name === 'stsc') tables.runs = body
  if (name === 'stsz') tables.sizes = body
  if (name === 'stts' || name === 'ctts') tables.timings.push(body)
  if (name === 'stco' || name === 'co64') {
    tables.chunks = body
    tables.chunksAreLarge = name === 'co64'
  }
}

/** A reader expands runs into samples: runs that count more samples than there are would keep it busy for minutes. */
function checkTimings({ timings, sampleCount }: SampleTables): void {
  let counted = 0
  for (const table of timings) {
    const runCount = table.getUint32(4)
    for (let run = 0; run < runCount; run += 1) counted += table.getUint32(8 + run * 8)
  }
  if (counted > TIMINGS_PER_SAMPLE * (sampleCount + EXTRA_SAMPLES_MAX)) {
    throw new NotAVideo('malformed', 'its index times more samples than it has')
  }
}

/** To find one sample, a reader walks its chunk: one that claims millions of samples would keep it busy for minutes. */
function checkChunkLengths({ runs, sampleCount }: SampleTables): void {
  if (runs === undefined) return
  const most = Math.min(CHUNK_SAMPLES_MAX, sampleCount + EXTRA_SAMPLES_MAX)
  const runCount = runs.getUint32(4)
  for (let run = 0; run < runCount; run += 1) {
    if (runs.getUint32(8 + run * 12 + 4) > most) {
      throw new NotAVideo('malformed', 'a chunk claims more samples than there are')
    }
  }
}

/** Every chunk must end within the file: this is what a download cut short, or a lying index, fails. */
function checkChunks(tables: SampleTables, fileBytes: number): void {
  const { chunks, runs, sizes } = tables
  if (chunks === undefined || runs === undefined || sizes === undefined) return
  const sizeOfAll = sizes.getUint32(4)
  const sampleCount = sizes.getUint32(8)
  const runCount = runs.getUint32(4)
  const chunkCount = chunks.getUint32(4)
  let run = 0
  let sample = 0
  for (let chunk = 0; chunk < chunkCount && sample < sampleCount; chunk += 1) {
    while (run + 1 < runCount && runs.getUint32(8 + (run + 1) * 12) <= chunk + 1) run += 1
    const inChunk = runCount === 0 ? 0 : Math.min(runs.getUint32(8 + run * 12 + 4), sampleCount - sample)
    let end = tables.chunksAreLarge
      ? Number(chunks.getBigUint64(8 + chunk * 8))
      : chunks.getUint32(8 + chunk * 4)
    if (sizeOfAll !== 0) end += sizeOfAll * inChunk
    else for (let index = 0; index < inChunk; index += 1) end += sizes.getUint32(12 + (sample + index) * 4)
    sample += inChunk
    if (end > fileBytes) throw new NotAVideo('truncated', `sample data ends at ${end} of ${fileBytes} bytes`)
  }
}

function walk(body: DataView, fileBytes: number, tables: SampleTables, depth: number): void {
  if (depth > DEPTH_MAX) throw new NotAVideo('malformed', 'boxes are nested too deeply')
  let start = 0
  while (start + 8 <= body.byteLength) {
    const size = body.getUint32(start)
    // Zero ends a list in QuickTime files; no box within an index is large enough to need a 64-bit size.
    if (size === 0) return
    if (size < 8 || start + size > body.byteLength)
      throw new NotAVideo('malformed', 'its index is inconsistent')
    const name = String.fromCharCode(...[4, 5, 6, 7].map((offset) => body.getUint8(start + offset)))
    const inner = new DataView(body.buffer, body.byteOffset + start + 8, size - 8)
    checkTable(name, inner, tables)
    remember(tables, name, inner)
    if (name === 'trak') walkTrack(inner, fileBytes, tables.budget, depth)
    else if (CONTAINERS.has(name)) walk(inner, fileBytes, tables, depth + 1)
    start += size
  }
}

function emptyTables(budget: SampleBudget): SampleTables {
  return {
    budget,
    sampleCount: 0,
    chunks: undefined,
    chunksAreLarge: false,
    runs: undefined,
    sizes: undefined,
    timings: [],
  }
}

function walkTrack(body: DataView, fileBytes: number, budget: SampleBudget, depth: number): void {
  const tables = emptyTables(budget)
  walk(body, fileBytes, tables, depth + 1)
  checkTimings(tables)
  checkChunkLengths(tables)
  checkChunks(tables, fileBytes)
}

/** Checks the body of a `moov` or `moof` box against itself and the file's size. Throws `NotAVideo`. */
export function checkIsoIndex(body: Uint8Array, fileBytes: number, budget: SampleBudget): void {
  walk(new DataView(body.buffer, body.byteOffset, body.byteLength), fileBytes, emptyTables(budget), 0)
}
