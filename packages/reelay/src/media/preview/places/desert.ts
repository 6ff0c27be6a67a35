import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise, type Noise } from '../noise.ts'
import { paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const DUNES = 5

function ridgeY(stage: Stage, noise: Noise, index: number, x: number): number {
  const nearness = index / (DUNES - 1)
  const stretch = stage.width * (0.32 + 0.5 * nearness)
  const lift = layeredNoise(noise, x / stretch + index * 9.7, 2, 0.22)
  return stage.height * (0.64 + 0.22 * nearness - (0.08 + 0.1 * nearness) * lift)
}

function sandOf(stage: Stage, nearness: number): { lit: string; shaded: string } {
  const { palette } = stage
  const isSnowy = stage.scene.weather === 'snow'
  const sand = mix(isSnowy ? '#e9eff7' : '#e2a562', palette.land[2], palette.darkness * 0.62)
  const faded = mix(sand, palette.haze, 0.55 - 0.5 * nearness)
  return { lit: mix(faded, palette.glow, 0.28), shaded: mix(faded, palette.land[3], 0.42 + 0.16 * nearness) }
}

/** A dune: its crest catches the light, and the far side of each hump lies in shade. */
function drawDune(stage: Stage, context: Context, index: number): void {
  const noise = createNoise(stage.random('dunes'))
  const nearness = index / (DUNES - 1)
  const { lit, shaded } = sandOf(stage, nearness)
  const [left, right, bottom] = [-stage.marginX, stage.width + stage.marginX, stage.height + stage.marginY]
  const gradient = context.createLinearGradient(0, stage.height * (0.56 + 0.12 * nearness), 0, stage.height)
  gradient.addColorStop(0, lit)
  gradient.addColorStop(1, mix(lit, shaded, 0.75))
  context.fillStyle = gradient
  context.beginPath()
  for (let x = left; x <= right; x += 4) context.lineTo(x, ridgeY(stage, noise, index, x))
  context.lineTo(right, bottom)
  context.lineTo(left, bottom)
  context.fill()
  context.save()
  context.clip()
  const fall = stage.palette.lightX < 0.5 ? 1 : -1
  context.fillStyle = withAlpha(shaded, 0.62)
  context.beginPath()
  context.moveTo(left, bottom)
  for (let x = left; x <= right; x += 4) {
    const slope = ridgeY(stage, noise, index, x + 6) - ridgeY(stage, noise, index, x - 6)
    const shade = Math.max(0, -slope * fall) * stage.height * 0.004
    context.lineTo(x, ridgeY(stage, noise, index, x) + Math.max(0, stage.height * 0.07 - shade * 4))
  }
  context.lineTo(right, bottom)
  context.fill()
  for (let line = 0; line < 7; line += 1) {
    context.strokeStyle = withAlpha(shaded, 0.16)
    context.lineWidth = Math.max(0.7, stage.unit * 0.002)
    context.beginPath()
    for (let x = left; x <= right; x += 6) {
      const wave = Math.sin(x / (stage.unit * 0.05) + line * 2 + index) * stage.unit * 0.0025
      context.lineTo(
        x,
        ridgeY(stage, noise, index, x) + stage.unit * (0.02 + 0.026 * line) * (0.5 + nearness) + wave,
      )
    }
    context.stroke()
  }
  context.restore()
}

/** Dunes to the horizon. */
export function paintDesert(stage: Stage): { back: Painter; front: Painter } {
  const sky = paintSky(stage, stage.height * 0.64)
  const dunes = Array.from({ length: DUNES }, (_, index) =>
    stage.still(0.1 + (0.75 * index) / (DUNES - 1), (context) => drawDune(stage, context, index)),
  )
  return {
    back: (moment) => {
      sky(moment)
      for (const dune of dunes) dune(moment)
    },
    front: () => {},
  }
}
