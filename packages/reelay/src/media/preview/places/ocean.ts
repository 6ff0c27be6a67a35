import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import { hasShore } from '../scene.ts'
import { paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const HORIZON = 0.56
const GLINTS = 150
const WAVES = 9

function drawWater(stage: Stage, context: Context): void {
  const top = stage.height * HORIZON
  const { sea } = stage.palette
  const gradient = context.createLinearGradient(0, top, 0, stage.height * 1.05)
  gradient.addColorStop(0, sea[0])
  gradient.addColorStop(0.35, sea[1])
  gradient.addColorStop(1, sea[2])
  context.fillStyle = gradient
  context.fillRect(-stage.marginX, top, stage.width + 2 * stage.marginX, stage.height * 0.6)
  const shine = context.createLinearGradient(0, top, 0, top + stage.height * 0.03)
  shine.addColorStop(0, withAlpha(stage.palette.light, 0.5))
  shine.addColorStop(1, withAlpha(stage.palette.light, 0))
  context.fillStyle = shine
  context.fillRect(-stage.marginX, top, stage.width + 2 * stage.marginX, stage.height * 0.03)
}

function drawIslands(stage: Stage, context: Context): void {
  const noise = createNoise(stage.random('islands'))
  const top = stage.height * HORIZON
  for (const [far, height, color] of [
    [3.1, 0.075, mix(stage.palette.haze, stage.palette.land[0], 0.45)],
    [8.7, 0.045, mix(stage.palette.haze, stage.palette.land[1], 0.75)],
  ] as const) {
    context.fillStyle = color
    context.beginPath()
    context.moveTo(-stage.marginX, top)
    for (let x = -stage.marginX; x <= stage.width + stage.marginX; x += 3) {
      const share = x / stage.width
      const hill = layeredNoise(noise, share * 3.4 + far, 4) - 0.5
      context.lineTo(x, top - Math.max(0, hill) * height * 2.6 * stage.height)
    }
    context.lineTo(stage.width + stage.marginX, top)
    context.fill()
  }
}

/** Short strokes that flicker below the sun or the moon, wider towards the viewer. */
function paintGlints(stage: Stage): Painter {
  const random = stage.random('glints')
  const top = stage.height * HORIZON
  const depth = stage.height - top
  const glints = Array.from({ length: GLINTS }, () => {
    const nearness = random.next() ** 1.6
    return {
      y: top + depth * (0.01 + 0.95 * nearness),
      offset: (random.next() + random.next() - 1) * (0.05 + 0.16 * nearness),
      length: (0.008 + 0.05 * nearness) * random.between(0.4, 1),
      thickness: 0.0012 + 0.0035 * nearness,
      speed: random.between(1.2, 3.4),
      phase: random.between(0, 6.28),
      nearness,
    }
  })
  const strength = stage.palette.glowStrength
  return ({ context, timeS }) => {
    context.save()
    context.globalCompositeOperation = 'screen'
    for (const glint of glints) {
      const flicker = 0.5 + 0.5 * Math.sin(timeS * glint.speed + glint.phase)
      const length = glint.length * stage.width * (0.5 + 0.6 * flicker)
      const sway = Math.sin(timeS * 0.7 + glint.phase) * 0.006 * stage.width
      const x = (stage.palette.lightX + glint.offset) * stage.width + sway - length / 2
      context.fillStyle = withAlpha(stage.palette.light, strength * flicker * (0.75 - 0.45 * glint.nearness))
      context.beginPath()
      context.ellipse(x + length / 2, glint.y, length / 2, glint.thickness * stage.height, 0, 0, 6.2832)
      context.fill()
    }
    context.restore()
  }
}

/** Bands of swell: a dark face with a lighter edge, slower and finer far away. */
function paintWaves(stage: Stage, from: number, to: number): Painter {
  const top = stage.height * HORIZON
  const noise = createNoise(stage.random('waves'))
  return ({ context, timeS }) => {
    for (let index = from; index < to; index += 1) {
      const nearness = ((index + 1) / WAVES) ** 1.9
      const baseY = top + (stage.height - top) * (0.04 + nearness * 0.98)
      const swell = stage.height * (0.0025 + 0.017 * nearness)
      const stretch = stage.width * (0.05 + 0.2 * nearness)
      const drift = timeS * (0.1 + 0.05 * index) * (index % 2 === 0 ? 1 : -0.8)
      context.beginPath()
      context.moveTo(-stage.marginX, stage.height * 1.2)
      const step = Math.max(4, stage.width / 110)
      for (let x = -stage.marginX; x <= stage.width + stage.marginX; x += step) {
        const lift = layeredNoise(noise, x / stretch + drift + index * 31, 2, 0.35) - 0.5
        context.lineTo(x, baseY + lift * swell * 2)
      }
      context.lineTo(stage.width + stage.marginX, stage.height * 1.2)
      context.closePath()
      context.fillStyle = withAlpha(stage.palette.sea[2], 0.1 + 0.13 * nearness)
      context.fill()
      context.lineWidth = Math.max(0.7, stage.height * 0.0022 * (0.4 + nearness))
      context.strokeStyle = withAlpha(stage.palette.cloudLit, 0.16 + 0.1 * nearness)
      context.stroke()
    }
  }
}

/** Wet and dry sand with a line of foam that comes and goes. */
function paintShore(stage: Stage): Painter {
  const { width, height, marginX, marginY, palette } = stage
  const noise = createNoise(stage.random('shore'))
  const dry = mix(mix('#ecca94', palette.glow, 0.2), palette.ink, palette.darkness * 0.55)
  const wet = mix(dry, palette.sea[1], 0.45)
  const edge = (x: number, reach: number): number =>
    height *
    (0.8 + 0.035 * reach + 0.03 * (layeredNoise(noise, (x / width) * 2.3, 2, 0.3) - 0.5) - 0.02 * (x / width))
  const fillBelow = (context: Context, reach: number, fill: Context['fillStyle']): void => {
    context.fillStyle = fill
    context.beginPath()
    for (let x = -marginX; x <= width + marginX; x += 8) context.lineTo(x, edge(x, reach))
    context.lineTo(width + marginX, height + marginY)
    context.lineTo(-marginX, height + marginY)
    context.fill()
  }
  return (moment) =>
    stage.at(moment, 0.6, (context) => {
      const reach = 0.5 + 0.5 * Math.sin(moment.timeS * 0.9)
      fillBelow(context, 0, wet)
      fillBelow(context, reach - 0.16, withAlpha(mix(palette.cloudLit, '#ffffff', 0.5), 0.75))
      fillBelow(context, reach, wet)
      const sand = context.createLinearGradient(0, height * 0.84, 0, height)
      sand.addColorStop(0, dry)
      sand.addColorStop(1, mix(dry, palette.ink, 0.3))
      fillBelow(context, 1.5, sand)
    })
}

/** Open water to the horizon. `front` is drawn over what floats. */
export function paintOcean(stage: Stage): { back: Painter; front: Painter } {
  const sky = paintSky(stage, stage.height * HORIZON)
  const islands = stage.still(0.1, (context) => drawIslands(stage, context))
  const water = stage.still(0.12, (context) => drawWater(stage, context))
  const glints = paintGlints(stage)
  const farWaves = paintWaves(stage, 0, 6)
  const nearWaves = paintWaves(stage, 6, WAVES)
  const shore = hasShore(stage.scene) ? paintShore(stage) : undefined
  return {
    back: (moment) => {
      sky(moment)
      islands(moment)
      water(moment)
      farWaves(moment)
      glints(moment)
      if (shore === undefined) return
      nearWaves(moment)
      shore(moment)
    },
    front: shore === undefined ? nearWaves : () => {},
  }
}
