import type { Painter, Stage } from '../stage.ts'

/** Where a subject stands or floats: the middle of its foot (or its middle, in the air), and its height. */
export interface Spot {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly depth: number
}

export type SubjectPainter = (stage: Stage, spot: Spot) => Painter
