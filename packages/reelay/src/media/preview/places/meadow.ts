import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import { paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const HILLS = 4
const FLOWERS = ['#ffe066', '#ff8fab', '#ffffff', '#c8a2ff', '#ff9f5a'] as const

function drawHill(stage: Stage, context: Context, index: number): void {
  const { palette, width, height, marginX, marginY } = stage
  const noise = createNoise(stage.random(`hill ${index}`))
  const nearness = index / (HILLS - 1)
  const baseY = height * (0.64 + 0.15 * nearness)
  const color = mix(palette.land[index] ?? palette.land[3], palette.haze, 0.3 - 0.3 * nearness)
  const gradient = context.createLinearGradient(0, baseY - height * 0.12, 0, baseY + height * 0.24)
  gradient.addColorStop(0, mix(color, palette.glow, 0.3))
  gradient.addColorStop(0.4, index === HILLS - 1 ? mix(color, palette.land[2], 0.6) : color)
  gradient.addColorStop(1, mix(color, palette.ink, 0.3))
  const ridge = (x: number): number =>
    baseY - height * (0.13 - 0.05 * nearness) * layeredNoise(noise, (x / width) * (2.2 - nearness), 3, 0.25)
  context.fillStyle = gradient
  context.beginPath()
  for (let x = -marginX; x <= width + marginX; x += 4) context.lineTo(x, ridge(x))
  context.lineTo(width + marginX, height + marginY)
  context.lineTo(-marginX, height + marginY)
  context.fill()
  if (index === HILLS - 1) return
  const random = stage.random(`groves ${index}`)
  for (let tree = 0; tree < 26 - index * 5; tree += 1) {
    const x = (random.pick([0.08, 0.3, 0.46, 0.72, 0.93]) + random.between(-0.09, 0.09)) * width
    const size = stage.unit * (0.012 + 0.022 * nearness) * random.between(0.7, 1.3)
    const crown = mix(mix(color, palette.ink, 0.34), palette.glow, random.between(0, 0.12))
    context.fillStyle = crown
    for (const [dx, dy, scale] of [
      [0, -1.1, 1],
      [-0.65, -0.7, 0.75],
      [0.65, -0.75, 0.7],
    ] as const) {
      context.beginPath()
      context.arc(x + dx * size, ridge(x) + dy * size, size * scale, 0, 6.2832)
      context.fill()
    }
  }
}

/** Blades and flowers at the viewer's feet, moved by the wind. */
function paintGrass(stage: Stage): Painter {
  const random = stage.random('grass')
  const { palette, width, height, unit, marginX } = stage
  const blades = Array.from({ length: 240 }, () => {
    const nearness = random.next()
    return {
      x: random.between(-marginX, width + marginX),
      y: height * (0.9 + 0.14 * nearness),
      length: unit * random.between(0.05, 0.13) * (0.6 + 0.7 * nearness),
      lean: random.between(-0.25, 0.35),
      phase: random.between(0, 6.28),
      color: mix(
        mix(palette.land[3], palette.land[1], random.between(0, 0.5)),
        palette.glow,
        random.between(0, 0.14),
      ),
      flower: random.next() < 0.2 && stage.scene.weather !== 'snow' ? random.pick(FLOWERS) : undefined,
    }
  }).toSorted((a, b) => a.y - b.y)
  return (moment) =>
    stage.at(moment, 0.95, (context) => {
      context.lineCap = 'round'
      for (const { x, y, length, lean, phase, color, flower } of blades) {
        const gust = Math.sin(moment.timeS * 1.7 + x / (width * 0.13) + phase * 0.2) * 0.16
        const tipX = x + (lean + gust) * length
        context.strokeStyle = color
        context.lineWidth = Math.max(1, unit * 0.0042)
        context.beginPath()
        context.moveTo(x, y)
        context.quadraticCurveTo(x + lean * length * 0.2, y - length * 0.6, tipX, y - length)
        context.stroke()
        if (flower === undefined) continue
        const tint = mix(flower, palette.ink, palette.darkness * 0.5)
        for (let petal = 0; petal < 5; petal += 1) {
          const angle = (petal * 6.2832) / 5 + phase
          context.fillStyle = tint
          context.beginPath()
          context.arc(
            tipX + Math.cos(angle) * unit * 0.006,
            y - length + Math.sin(angle) * unit * 0.006,
            unit * 0.005,
            0,
            6.2832,
          )
          context.fill()
        }
        context.fillStyle = withAlpha(mix('#f4b53c', palette.ink, palette.darkness * 0.4), 1)
        context.beginPath()
        context.arc(tipX, y - length, unit * 0.0036, 0, 6.2832)
        context.fill()
      }
    })
}

/** Rolling hills and a meadow in flower. */
export function paintMeadow(stage: Stage): { back: Painter; front: Painter } {
  const sky = paintSky(stage, stage.height * 0.66)
  const hills = Array.from({ length: HILLS }, (_, index) =>
    stage.still(0.12 + (0.6 * index) / (HILLS - 1), (context) => drawHill(stage, context, index)),
  )
  return {
    back: (moment) => {
      sky(moment)
      for (const hill of hills) hill(moment)
    },
    front: paintGrass(stage),
  }
}
