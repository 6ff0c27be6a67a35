import { invalidValue } from './api-error.ts'
import { textOf, type Field } from './field-values.ts'

export type Geometry = { size: string | null; resolution: string | null; aspectRatio: string | null }

const LENGTH_MAX = 32

const SIZE = /^(\d{3,5})\s*[x*×]\s*(\d{3,5})$/
const RATIO = /^(\d{1,2}(?:\.\d{1,2})?)\s*[:x/]\s*(\d{1,2}(?:\.\d{1,2})?)$/
/** As a size, some models' pages write an orientation like pixels. Any other pair of small numbers is no size. */
const ORIENTATIONS = new Set(['16x9', '9x16'])
const RESOLUTION = /^(\d{3,4}p|[1248]k)$/

const normalized = (field: Field | undefined): string | null =>
  textOf(field, LENGTH_MAX)?.trim().toLowerCase() ?? null

const ratioOf = (text: string): string | null => {
  const match = RATIO.exec(text)
  return match === null ? null : `${match[1]}:${match[2]}`
}

/**
 * Size, resolution and ratio, in the one way of writing each. A `size` may also be a ratio or a resolution: that is how
 * some models' pages name it.
 * @throws ApiError `invalid_value`
 */
export function geometryOf(fields: { size?: Field; resolution?: Field; aspectRatio?: Field }): Geometry {
  const size = normalized(fields.size)
  const resolution = normalized(fields.resolution)
  const ratio = normalized(fields.aspectRatio)
  const geometry: Geometry = {
    size: null,
    resolution,
    aspectRatio: ratio === null ? null : (ratioOf(ratio) ?? ratio),
  }
  if (size === null || size === 'auto') return geometry
  const pixels = SIZE.exec(size)
  if (pixels !== null) return { ...geometry, size: `${Number(pixels[1])}x${Number(pixels[2])}` }
  const isPixels = size.includes('x') && !ORIENTATIONS.has(size)
  const asRatio = isPixels ? null : ratioOf(size)
  const name = fields.size?.name ?? 'size'
  if (asRatio !== null) {
    return { ...geometry, aspectRatio: agreed(name, asRatio, geometry.aspectRatio, 'aspect_ratio') }
  }
  if (RESOLUTION.test(size)) return { ...geometry, resolution: agreed(name, size, resolution, 'resolution') }
  throw invalidValue(name, `${name} must be WIDTHxHEIGHT, for instance 1280x720. A ratio is written 16:9.`)
}

function agreed(name: string, value: string, other: string | null, otherName: string): string {
  if (other === null || other === value) return value
  throw invalidValue(name, `${name} and ${otherName} say different things: give only one of them.`)
}
