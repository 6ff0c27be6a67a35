import { withAlpha } from './colors.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Context } from './stage.ts'

export interface Cloud {
  readonly x: number
  readonly y: number
  readonly size: number
  /** Height beside width, 0..1. */
  readonly flatness: number
  readonly lit: string
  readonly shade: string
  readonly alpha: number
}

const PUFFS = 22

function drawPuff(context: Context, radius: number, color: string, alpha: number): void {
  const gradient = context.createRadialGradient(0, 0, radius * 0.1, 0, 0, radius)
  gradient.addColorStop(0, withAlpha(color, alpha))
  gradient.addColorStop(0.55, withAlpha(color, alpha * 0.55))
  gradient.addColorStop(1, withAlpha(color, 0))
  context.fillStyle = gradient
  context.fillRect(-radius, -radius, radius * 2, radius * 2)
}

/** A soft cloud: shaded puffs first, lit ones a little higher upon them. */
export function drawCloud(context: Context, random: SeededRandom, cloud: Cloud): void {
  const puffs = Array.from({ length: PUFFS }, () => {
    const along = random.between(-1, 1)
    const fullness = 1 - along * along
    return {
      x: along * cloud.size,
      y: -random.next() * fullness * cloud.size * 0.7,
      radius: cloud.size * (0.22 + 0.34 * fullness * random.between(0.7, 1)),
    }
  })
  for (const [color, lift, alpha] of [
    [cloud.shade, -0.05, 0.46],
    [cloud.lit, 0.16, 0.5],
  ] as const) {
    for (const puff of puffs) {
      context.save()
      context.translate(cloud.x, cloud.y)
      context.scale(1, cloud.flatness)
      context.translate(puff.x, puff.y - lift * cloud.size)
      drawPuff(context, puff.radius, color, alpha * cloud.alpha)
      context.restore()
    }
  }
}
