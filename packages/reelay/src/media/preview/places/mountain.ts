import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import { drawConifer } from './conifer.ts'

interface Peak {
  readonly x: number
  readonly topY: number
  readonly baseY: number
  readonly halfWidth: number
}

interface Rock {
  readonly lit: string
  readonly shaded: string
  readonly snowLit: string
  readonly snowShaded: string
  readonly snowShare: number
}

const SLOPE_STEPS = 26
const SNOW_TEETH = 11

type Point = readonly [number, number]

/** A jagged line from the top down to the side; `lean` is where it ends, in half widths. */
function slope(random: SeededRandom, peak: Peak, lean: number, roughness: number): Point[] {
  const points: Point[] = []
  for (let step = 0; step <= SLOPE_STEPS; step += 1) {
    const share = step / SLOPE_STEPS
    const bulge = share ** 0.86
    const jag = step === 0 || step === SLOPE_STEPS ? 0 : (random.next() - 0.5) * roughness * peak.halfWidth
    points.push([peak.x + lean * peak.halfWidth * bulge + jag, peak.topY + (peak.baseY - peak.topY) * share])
  }
  return points
}

function fillBetween(context: Context, left: readonly Point[], right: readonly Point[], color: string): void {
  context.fillStyle = color
  context.beginPath()
  for (const [x, y] of left) context.lineTo(x, y)
  for (const [x, y] of right.toReversed()) context.lineTo(x, y)
  context.closePath()
  context.fill()
}

/** The part of two slopes above a jagged snow line. */
function fillSnow(
  context: Context,
  random: SeededRandom,
  sides: readonly [Point[], Point[]],
  share: number,
  color: string,
): void {
  const steps = Math.max(2, Math.round(SLOPE_STEPS * share))
  const left = sides[0].slice(0, steps)
  const right = sides[1].slice(0, steps)
  const [fromX, fromY] = left.at(-1) ?? [0, 0]
  const [toX, toY] = right.at(-1) ?? [0, 0]
  const drop = (fromY - (left[0]?.[1] ?? fromY)) * 0.5
  const edge: Point[] = Array.from({ length: SNOW_TEETH }, (_, index) => {
    const along = (index + random.between(0.7, 1.3)) / (SNOW_TEETH + 1)
    // Snow lies longest in the gullies: deep tongues between shallow notches, longest in the middle of a face.
    const reach = Math.sin(Math.PI * along) ** 0.6
    const down = index % 2 === 0 ? random.between(0.2, 0.9) * reach : -random.between(0.15, 0.45) * reach
    return [fromX + (toX - fromX) * along, fromY + (toY - fromY) * along + drop * down]
  })
  fillBetween(context, [...left, ...edge], right, color)
}

function drawPeak(context: Context, random: SeededRandom, peak: Peak, rock: Rock): void {
  const left = slope(random, peak, -1, 0.05)
  const right = slope(random, peak, 1, 0.05)
  const ridge = slope(random, peak, random.between(-0.12, 0.22), 0.11)
  fillBetween(context, left, ridge, rock.shaded)
  fillBetween(context, ridge, right, rock.lit)
  if (rock.snowShare === 0) return
  fillSnow(context, random, [left, ridge], rock.snowShare, rock.snowShaded)
  fillSnow(context, random, [ridge, right], rock.snowShare * 0.92, rock.snowLit)
}

function drawMist(stage: Stage, context: Context, y: number, height: number, alpha: number): void {
  const gradient = context.createLinearGradient(0, y - height, 0, y + height * 0.5)
  gradient.addColorStop(0, withAlpha(stage.palette.haze, 0))
  gradient.addColorStop(0.7, withAlpha(stage.palette.haze, alpha))
  gradient.addColorStop(1, withAlpha(stage.palette.haze, alpha * 0.2))
  context.fillStyle = gradient
  context.fillRect(-stage.marginX, y - height, stage.width + 2 * stage.marginX, height * 1.5)
}

function rockOf(stage: Stage, nearness: number): Rock {
  const { palette } = stage
  const snow = mix('#ffffff', palette.light, 0.3)
  const granite = mix(palette.land[2], mix('#6b7890', palette.sky[1], 0.35), 0.6)
  const stone = mix(palette.haze, granite, 0.3 + 0.6 * nearness)
  return {
    lit: mix(stone, palette.glow, 0.16),
    shaded: mix(stone, palette.ink, 0.18 + 0.22 * nearness),
    snowLit: mix(mix(snow, palette.glow, 0.18), palette.haze, 0.45 - 0.4 * nearness + palette.darkness * 0.3),
    snowShaded: mix(mix(palette.sky[1], '#ffffff', 0.35), palette.haze, 0.4 - 0.3 * nearness),
    snowShare: stage.scene.isAutumn
      ? 0.25
      : 0.34 + 0.06 * nearness + (stage.scene.weather === 'snow' ? 0.1 : 0),
  }
}

function drawRange(
  stage: Stage,
  context: Context,
  range: { count: number; nearness: number; height: number },
): void {
  const random = stage.random(`range ${range.nearness}`)
  const rock = rockOf(stage, range.nearness)
  const baseY = stage.height * (0.66 + 0.06 * range.nearness)
  const span = stage.width + 2 * stage.marginX
  const peaks = Array.from({ length: range.count }, (_, index) => ({
    x: -stage.marginX + (span * (index + random.between(0.2, 0.8))) / range.count,
    topY: baseY - stage.height * range.height * random.between(0.55, 1),
    baseY,
    halfWidth: (span / range.count) * random.between(0.75, 1.15),
  }))
  for (const peak of peaks.toSorted((a, b) => a.topY - b.topY)) drawPeak(context, random, peak, rock)
}

function groundAt(stage: Stage, name: string, baseY: number, relief: number): (x: number) => number {
  const noise = createNoise(stage.random(name))
  return (x) => stage.height * (baseY - relief * (layeredNoise(noise, (x / stage.width) * 2.2, 3, 0.3) - 0.5))
}

function drawGround(
  stage: Stage,
  context: Context,
  ground: (x: number) => number,
  colors: readonly [string, string],
): void {
  const gradient = context.createLinearGradient(0, stage.height * 0.66, 0, stage.height)
  gradient.addColorStop(0, colors[0])
  gradient.addColorStop(1, colors[1])
  context.fillStyle = gradient
  context.beginPath()
  for (let x = -stage.marginX; x <= stage.width + stage.marginX; x += 4) context.lineTo(x, ground(x))
  context.lineTo(stage.width + stage.marginX, stage.height + stage.marginY)
  context.lineTo(-stage.marginX, stage.height + stage.marginY)
  context.fill()
}

function drawTrees(
  stage: Stage,
  context: Context,
  ground: (x: number) => number,
  size: number,
  count: number,
): void {
  const random = stage.random(`pines ${size}`)
  const isSnowy = stage.scene.weather === 'snow'
  const color = mix(stage.palette.land[3], stage.palette.haze, size < 0.1 ? 0.34 : 0.04)
  const snow = isSnowy ? mix('#eef5ff', stage.palette.sky[1], 0.2 + stage.palette.darkness * 0.4) : undefined
  for (let index = 0; index < count; index += 1) {
    const cluster = random.pick([0.02, 0.12, 0.22, 0.8, 0.92, 1.02])
    const x = (cluster + random.between(-0.09, 0.09)) * stage.width
    const height = stage.height * size * random.between(0.6, 1.1)
    drawConifer(context, random, { x, baseY: ground(x) + height * 0.06, height, color, snow })
  }
}

/** Snowy peaks over a valley with pines. */
export function paintMountain(stage: Stage): { back: Painter; front: Painter } {
  const { palette, scene } = stage
  const isSnowy = scene.weather === 'snow'
  const white = mix('#f6faff', palette.sky[2], 0.15 + palette.darkness * 0.45)
  const valley = groundAt(stage, 'valley', 0.7, 0.07)
  const meadow = groundAt(stage, 'meadow', 0.84, 0.08)
  const sky = paintSky(stage, stage.height * 0.66)
  const layers = [
    stage.still(0.1, (context) => drawRange(stage, context, { count: 7, nearness: 0, height: 0.3 })),
    stage.still(0.22, (context) => {
      drawMist(stage, context, stage.height * 0.66, stage.height * 0.2, 0.5)
      drawRange(stage, context, { count: 4, nearness: 1, height: 0.54 })
      drawMist(stage, context, stage.height * 0.71, stage.height * 0.16, 0.6)
    }),
    stage.still(0.45, (context) => {
      const far = isSnowy ? mix(white, palette.haze, 0.45) : mix(palette.land[1], palette.haze, 0.3)
      drawGround(stage, context, valley, [far, isSnowy ? white : palette.land[2]])
      drawTrees(stage, context, valley, 0.085, 60)
      drawMist(stage, context, stage.height * 0.79, stage.height * 0.11, 0.42)
    }),
    stage.still(0.8, (context) => {
      const near = isSnowy ? mix(white, palette.sky[1], 0.32) : palette.land[3]
      drawGround(stage, context, meadow, [isSnowy ? white : palette.land[2], near])
      drawTrees(stage, context, meadow, 0.3, 16)
    }),
  ]
  return {
    back: (moment) => {
      sky(moment)
      for (const layer of layers) layer(moment)
    },
    front: () => {},
  }
}
