import { mix } from '../colors.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Context } from '../stage.ts'

export interface Conifer {
  readonly x: number
  readonly baseY: number
  readonly height: number
  readonly color: string
  /** The color of the snow on its branches, if any. */
  readonly snow: string | undefined
}

/** One side of the outline, from the top down: the tips of the tiers and the notches between them. */
function outline(random: SeededRandom, tiers: number): [number, number][] {
  const points: [number, number][] = []
  for (let tier = 1; tier <= tiers; tier += 1) {
    const share = tier / tiers
    const reach = 0.03 + 0.21 * share ** 0.9 * random.between(0.82, 1.12)
    points.push([reach, share * 0.94 + random.between(0, 0.012)], [reach * 0.48, share * 0.92 - 0.012])
  }
  return points
}

/** A fir: a jagged cone on a short trunk. */
export function drawConifer(context: Context, random: SeededRandom, tree: Conifer): void {
  const { x, height } = tree
  const topY = tree.baseY - height
  const tiers = height > 60 ? 9 : 6
  const sides = [outline(random, tiers), outline(random, tiers)] as const
  context.fillStyle = mix(tree.color, '#000000', 0.25)
  context.fillRect(x - height * 0.016, tree.baseY - height * 0.1, height * 0.032, height * 0.1)
  context.fillStyle = tree.color
  context.beginPath()
  context.moveTo(x, topY)
  for (const [reach, down] of sides[0]) context.lineTo(x + reach * height, topY + down * height)
  for (const [reach, down] of sides[1].toReversed()) context.lineTo(x - reach * height, topY + down * height)
  context.closePath()
  context.fill()
  if (tree.snow === undefined) return
  context.fillStyle = tree.snow
  for (const [side, direction] of [
    [sides[0], 1],
    [sides[1], -1],
  ] as const) {
    for (let index = 0; index + 2 < side.length; index += 2) {
      const [reach, down] = side[index] ?? [0, 0]
      context.beginPath()
      context.moveTo(x + direction * reach * 0.1 * height, topY + (down - 0.085) * height)
      context.lineTo(x + direction * reach * height, topY + down * height)
      context.lineTo(x + direction * reach * 0.35 * height, topY + (down - 0.025) * height)
      context.closePath()
      context.fill()
    }
  }
}
