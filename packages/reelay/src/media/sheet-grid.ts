/** How many frames a sheet has at most: five rows of five. */
const FRAMES_MAX = 25

/** A shorter stretch of a video needs no frame of its own: nobody can point at it. */
const FRAME_MS_MIN = 200

export type SheetGrid = { readonly columns: number; readonly rows: number }

/** How many frames a video of this length is worth. */
export function sheetFrames(durationMs: number): number {
  return Math.max(1, Math.min(FRAMES_MAX, Math.floor(durationMs / FRAME_MS_MIN)))
}

/**
 * The grid of a sheet with so many frames, filled row by row. It is not stored, so the grids of sheets that were made
 * once must stay what they are.
 */
export function sheetGrid(frames: number): SheetGrid {
  const columns = Math.ceil(Math.sqrt(frames))
  return { columns, rows: Math.ceil(frames / columns) }
}

/**
 * How many frames a stored sheet has, of a video that long, when each stands for `frameMs`. Rounding cannot lead astray:
 * a sheet of several frames has none that is shorter than `FRAME_MS_MIN`.
 */
export function framesOfSheet(durationMs: number, frameMs: number): number {
  return Math.max(1, Math.min(FRAMES_MAX, Math.round(durationMs / Math.max(1, frameMs))))
}
