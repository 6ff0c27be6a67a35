/** A picture's form, as far as it is known. `width` and `height` in pixels; `ratio` is width by height. */
export type Shape = {
  ratio: number | null
  /** Pixels of the shorter side: what the number in `720p` says. */
  shortSide: number | null
  width: number | null
  height: number | null
}

/** Encoders round to multiples of 16: `864x496` passes for 16:9, and 5:4 does not pass for 4:3. */
const RATIO_TOLERANCE = 0.03

/** Providers sort sizes into tiers by area as well: 1440x1440 has exactly the pixels of 1920x1080. */
const AREA_TOLERANCE = 0.05

/** `1.78:1` is `16:9`; `2.39:1` is not `21:9`. */
const EQUAL_RATIO_TOLERANCE = 0.005

/** `854x480` is 16:9 at 480p, whose exact width is no whole number. */
const PIXEL_TOLERANCE = 2

/** What people mean loosely, so that rounded pixels pass for it. Whoever writes `2.39:1` or `721p` means just that. */
const LOOSE_RATIOS = [16 / 9, 4 / 3, 1, 3 / 4, 9 / 16, 21 / 9, 9 / 21, 3 / 2, 2 / 3]
const LOOSE_TIERS = new Set([360, 480, 540, 720, 768, 1_080, 1_440, 2_160])

const SIDE_MAX = 16_384

/** Undefined when the text is no `WIDTHxHEIGHT`. */
export function shapeOfSize(text: string): Shape | undefined {
  const match = /^(\d{1,5})x(\d{1,5})$/i.exec(text.trim())
  const width = Number(match?.[1] ?? 0)
  const height = Number(match?.[2] ?? 0)
  if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX) return undefined
  return { ratio: width / height, shortSide: Math.min(width, height), width, height }
}

/** Undefined when the text is no ratio like `16:9`. */
export function ratioOfText(text: string): number | undefined {
  const match = /^(\d{1,4}(?:\.\d{1,4})?):(\d{1,4}(?:\.\d{1,4})?)$/.exec(text.trim())
  const ratio = Number(match?.[1] ?? 0) / Number(match?.[2] ?? 0)
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined
}

/** Undefined when the text is no tier like `720p` or `4k`. */
export function shortSideOfText(text: string): number | undefined {
  const tier = text.trim().toLowerCase()
  if (tier === '4k') return 2_160
  if (tier === '2k') return 1_440
  const side = Number(/^(\d{2,5})p$/.exec(tier)?.[1] ?? 0)
  return side >= 1 && side <= SIDE_MAX ? side : undefined
}

export function shapeOfPair(ratio: number | null, shortSide: number | null): Shape {
  if (ratio === null || shortSide === null) return { ratio, shortSide, width: null, height: null }
  const longSide = shortSide * Math.max(ratio, 1 / ratio)
  const [width, height] = ratio >= 1 ? [longSide, shortSide] : [shortSide, longSide]
  return { ratio, shortSide, width, height }
}

/** Whole numbers of pixels are the same only when they are equal. */
function isSameSide(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return false
  const isExact = Number.isInteger(a) && Number.isInteger(b)
  return isExact ? a === b : Math.abs(a - b) <= PIXEL_TOLERANCE
}

export const isSameSize = (a: Shape, b: Shape): boolean =>
  isSameSide(a.width, b.width) && isSameSide(a.height, b.height)

const logRatio = (a: number, b: number): number => Math.abs(Math.log(a / b))

/** Whether a shape passes for the ratio that another one names. */
export function isSameRatio(shape: Shape, { ratio }: Shape): boolean {
  if (shape.ratio === null || ratio === null) return false
  const isLoose = LOOSE_RATIOS.some((loose) => logRatio(loose, ratio) <= EQUAL_RATIO_TOLERANCE)
  return logRatio(shape.ratio, ratio) <= (isLoose ? RATIO_TOLERANCE : EQUAL_RATIO_TOLERANCE)
}

/** Pixels in all; a bare tier counts as 16:9. */
function areaOf(shape: Shape): number | null {
  if (shape.width !== null && shape.height !== null) return shape.width * shape.height
  return shape.shortSide === null ? null : tierArea(shape.shortSide)
}

const tierArea = (shortSide: number): number => (shortSide * shortSide * 16) / 9

/** Whether a shape passes for the tier that another one names, by its shorter side or by its area. */
export function isSameTier(shape: Shape, named: Shape): boolean {
  if (shape.shortSide === null || named.shortSide === null) return false
  if (shape.shortSide === named.shortSide) return true
  if (!LOOSE_TIERS.has(named.shortSide)) return false
  const area = areaOf(shape)
  return area !== null && logRatio(area, tierArea(named.shortSide)) <= AREA_TOLERANCE
}

/** How far two shapes are apart; only for choosing the least. A wrong ratio shows more than a wrong scale. */
export function shapeDistance(shape: Shape, wanted: Shape): number {
  const unknown = 1
  const byRatio =
    wanted.ratio === null ? 0 : shape.ratio === null ? unknown : logRatio(shape.ratio, wanted.ratio)
  const wantedArea = areaOf(wanted)
  const area = areaOf(shape)
  const byArea = wantedArea === null ? 0 : area === null ? unknown : logRatio(area, wantedArea)
  return 2 * byRatio + byArea
}
