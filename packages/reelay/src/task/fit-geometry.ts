import type { ModelCapabilities } from '@reelay/sdk'
import type { Fit, FitTarget, FitWarning } from './fit.ts'
import type { VideoRequest } from './request.ts'
import { ratioOfText, shapeOfPair, shapeOfSize, shortSideOfText, type Shape } from './shape.ts'
import { isSameRatio, isSameSize, isSameTier, shapeDistance } from './shape.ts'

/** How big and how wide: any of the three may be null. */
type Geometry = Pick<VideoRequest, 'size' | 'resolution' | 'aspectRatio'>

type Wanted = { shape: Shape; param: 'size' | 'aspect_ratio' | 'resolution'; given: Geometry }

type Option = { geometry: Geometry; shape: Shape }

const NOTHING: Geometry = { size: null, resolution: null, aspectRatio: null }

function legalGeometry({ model, capabilities }: FitTarget): string {
  const { sizes, ratios, frames_set_ratio: framesSetRatio } = capabilities
  const parts = [
    ['size', sizes] as const,
    ['aspect_ratio', ratios] as const,
    ['resolution', capabilities.resolutions] as const,
  ].flatMap(([param, values]) => (values.length === 0 ? [] : [`${param} is one of ${values.join(', ')}`]))
  if (framesSetRatio === true && sizes.length === 0 && ratios.length === 0) {
    const out = parts.length === 0 ? 'size, aspect_ratio and resolution' : 'size and aspect_ratio'
    const rest = parts.map((part) => `; ${part}`).join('')
    return `The model ${model} takes the shape of the frames that it is given: leave ${out} out${rest}.`
  }
  return parts.length === 0
    ? `The model ${model} chooses the size itself: leave size, aspect_ratio and resolution out.`
    : `The model ${model} cannot make this: ${parts.join('; ')}.`
}

function refuse(param: string, target: FitTarget): Fit<Geometry> {
  return { ok: false, param, message: legalGeometry(target) }
}

/** What the model's own words already say needs no reading: `adaptive` is a ratio where the model lists it. */
function isLiteral({ size, resolution, aspectRatio }: Geometry, capabilities: ModelCapabilities): boolean {
  if (size !== null) return resolution === null && aspectRatio === null && capabilities.sizes.includes(size)
  return (
    (resolution === null || capabilities.resolutions.includes(resolution)) &&
    (aspectRatio === null || capabilities.ratios.includes(aspectRatio))
  )
}

/** The request as numbers; a contradiction or an unreadable value is named by its parameter. */
function readWanted(given: Geometry): Wanted | { refused: 'size' | 'aspect_ratio' | 'resolution' } {
  const ratio = given.aspectRatio === null ? null : ratioOfText(given.aspectRatio)
  if (ratio === undefined) return { refused: 'aspect_ratio' }
  const shortSide = given.resolution === null ? null : shortSideOfText(given.resolution)
  if (shortSide === undefined) return { refused: 'resolution' }
  const pair = shapeOfPair(ratio, shortSide)
  if (given.size === null)
    return { shape: pair, param: ratio === null ? 'resolution' : 'aspect_ratio', given }
  const shape = shapeOfSize(given.size)
  if (shape === undefined) return { refused: 'size' }
  if (ratio !== null && !isSameRatio(shape, pair)) return { refused: 'aspect_ratio' }
  if (shortSide !== null && !isSameTier(shape, pair)) return { refused: 'resolution' }
  return { shape, param: 'size', given }
}

/** Everything that the model could be told, in its own words; the words that the client used come first. */
function optionsOf(wanted: Wanted, capabilities: ModelCapabilities): Option[] {
  const sizes = capabilities.sizes.flatMap((size): Option[] => {
    const shape = shapeOfSize(size)
    return shape === undefined ? [] : [{ geometry: { ...NOTHING, size }, shape }]
  })
  const ratios =
    wanted.shape.ratio === null || capabilities.ratios.length === 0 ? [null] : capabilities.ratios
  const tiers =
    wanted.shape.shortSide === null || capabilities.resolutions.length === 0
      ? [null]
      : capabilities.resolutions
  const pairs = ratios.flatMap((aspectRatio) =>
    tiers.flatMap((resolution): Option[] => {
      const ratio = aspectRatio === null ? null : ratioOfText(aspectRatio)
      const shortSide = resolution === null ? null : shortSideOfText(resolution)
      if (ratio === undefined || shortSide === undefined || (ratio === null && shortSide === null)) return []
      return [{ geometry: { size: null, aspectRatio, resolution }, shape: shapeOfPair(ratio, shortSide) }]
    }),
  )
  if (wanted.param !== 'size') return [...pairs, ...sizes]
  // A model that lists its pixels makes no others: its `720p` may be 1248x704.
  return sizes.length > 0 ? sizes : pairs
}

function isLossless({ shape }: Option, wanted: Wanted): boolean {
  if (wanted.param === 'size') return isSameSize(shape, wanted.shape)
  return (
    (wanted.shape.ratio === null || isSameRatio(shape, wanted.shape)) &&
    (wanted.shape.shortSide === null || isSameTier(shape, wanted.shape))
  )
}

function warningsOf(shape: Shape | null, { given, shape: wanted }: Wanted): FitWarning[] {
  if (given.size !== null) return ['size_normalised']
  const warnings: FitWarning[] = []
  if (given.aspectRatio !== null && (shape === null || !isSameRatio(shape, wanted))) {
    warnings.push('aspect_ratio_normalised')
  }
  if (given.resolution !== null && (shape === null || !isSameTier(shape, wanted))) {
    warnings.push('resolution_normalised')
  }
  return warnings
}

function nearest(wanted: Wanted, options: readonly Option[]): Fit<Geometry> {
  const [first, ...others] = options
  if (first === undefined) return { ok: true, value: NOTHING, warnings: warningsOf(null, wanted) }
  const best = others.reduce(
    (least, option) =>
      shapeDistance(option.shape, wanted.shape) < shapeDistance(least.shape, wanted.shape) ? option : least,
    first,
  )
  return { ok: true, value: best.geometry, warnings: warningsOf(best.shape, wanted) }
}

export function fitGeometry(given: Geometry, target: FitTarget): Fit<Geometry> {
  if (isLiteral(given, target.capabilities)) return { ok: true, value: given, warnings: [] }
  const wanted = readWanted(given)
  if ('refused' in wanted) return refuse(wanted.refused, target)
  const options = optionsOf(wanted, target.capabilities)
  const same = options.find((option) => isLossless(option, wanted))
  if (same !== undefined) return { ok: true, value: same.geometry, warnings: [] }
  return target.normalize === 'nearest' ? nearest(wanted, options) : refuse(wanted.param, target)
}
