import type { VideoRequest } from '../task/request.ts'
import { ratioOfText, shapeOfPair, shapeOfSize, shortSideOfText } from '../task/shape.ts'

/** Both null: the model chooses. */
export type Pixels = { width: number | null; height: number | null }

/** Engines work on a grid of 16 pixels or a multiple of it. */
const GRID = 16

const onGrid = (pixels: number): number => Math.max(GRID, Math.round(pixels / GRID) * GRID)

/**
 * The size in pixels, for servers that take nothing else. A size is taken as it is; a tier with a ratio is put on the
 * grid, and one without the other says too little.
 *
 * @param provider as the message of a refusal names it
 */
export function sizeAsPixels(
  { size, resolution, aspectRatio }: Pick<VideoRequest, 'size' | 'resolution' | 'aspectRatio'>,
  provider: string,
): Pixels | { refused: string } {
  if (size !== null) {
    const shape = shapeOfSize(size)
    return shape === undefined
      ? { refused: `The size "${size}" cannot be read: give it as WIDTHxHEIGHT.` }
      : { width: shape.width, height: shape.height }
  }
  if (resolution === null && aspectRatio === null) return { width: null, height: null }
  const ratio = ratioOfText(aspectRatio ?? '')
  const shortSide = shortSideOfText(resolution ?? '')
  if (ratio === undefined || shortSide === undefined) {
    return { refused: `${provider} takes pixels: give size, or resolution and aspect_ratio together.` }
  }
  const { width, height } = shapeOfPair(ratio, shortSide)
  return { width: onGrid(width ?? 0), height: onGrid(height ?? 0) }
}
