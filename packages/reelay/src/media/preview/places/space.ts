import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const NEBULAE: readonly [readonly [string, ...string[]], ...(readonly [string, ...string[]])[]] = [
  ['#5a2a9c', '#c2417f', '#2b6fd6'],
  ['#0f6f7c', '#2c9a8a', '#5d4bd0'],
  ['#8a2f4f', '#e0713c', '#3a3f9e'],
]

function drawNebula(stage: Stage, context: Context): void {
  const random = stage.random('nebula')
  const { width, height, marginX, marginY, unit } = stage
  const gradient = context.createLinearGradient(0, -marginY, width, height)
  gradient.addColorStop(0, '#05060f')
  gradient.addColorStop(1, '#0b0d22')
  context.fillStyle = gradient
  context.fillRect(-marginX, -marginY, width + 2 * marginX, height + 2 * marginY)
  const colors = random.pick(NEBULAE)
  const noise = createNoise(random)
  for (let index = 0; index < 70; index += 1) {
    const along = index / 70
    const bend = layeredNoise(noise, along * 3, 3) - 0.5
    const x = width * (along * 1.3 - 0.15) + random.between(-0.06, 0.06) * width
    const y = height * (0.72 - along * 0.5 + bend * 0.5) + random.between(-0.09, 0.09) * height
    addGlow(context, x, y, unit * random.between(0.12, 0.34), random.pick(colors), random.between(0.1, 0.26))
  }
  for (let index = 0; index < 420; index += 1) {
    const x = random.between(-marginX, width + marginX)
    const y = random.between(-marginY, height + marginY)
    const size = unit * (0.0006 + 0.0018 * random.next() ** 4)
    context.fillStyle = withAlpha(random.pick(['#ffffff', '#cfe0ff', '#ffe9cf']), random.between(0.25, 1))
    context.beginPath()
    context.arc(x, y, Math.max(0.45, size), 0, 6.2832)
    context.fill()
    if (size > unit * 0.0018) addGlow(context, x, y, size * 9, '#bcd2ff', 0.5)
  }
}

interface Planet {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly base: string
}

/** One half of the rings: the far one is drawn before the planet, the near one over it. */
function drawRings(context: Context, { x, y, radius, base }: Planet, from: number, to: number): void {
  context.save()
  context.translate(x, y)
  context.rotate(-0.3)
  for (const [reach, alpha] of [
    [1.4, 0.5],
    [1.5, 0.3],
    [1.61, 0.45],
    [1.72, 0.18],
  ] as const) {
    context.strokeStyle = withAlpha(mix(base, '#fff2dd', 0.6), alpha)
    context.lineWidth = radius * 0.07
    context.beginPath()
    context.ellipse(0, 0, radius * reach, radius * reach * 0.24, 0, from, to)
    context.stroke()
  }
  context.restore()
}

function drawPlanet(stage: Stage, context: Context): void {
  const random = stage.random('planet')
  const { width, height, unit } = stage
  const [x, y, radius] = [width * 0.76, height * 0.34, unit * 0.19]
  const base = random.pick(['#d58b54', '#5a8fd0', '#b3698f', '#5fae9b'])
  addGlow(context, x, y, radius * 1.9, base, 0.5)
  drawRings(context, { x, y, radius, base }, Math.PI, 2 * Math.PI)
  context.save()
  context.beginPath()
  context.arc(x, y, radius, 0, 6.2832)
  context.fillStyle = base
  context.fill()
  context.clip()
  const noise = createNoise(random)
  for (let band = 0; band < 26; band += 1) {
    const tone = layeredNoise(noise, band * 0.55, 2)
    context.fillStyle = withAlpha(
      tone > 0.5 ? mix(base, '#ffffff', 0.5) : mix(base, '#1a0f20', 0.5),
      Math.abs(tone - 0.5) * 1.1,
    )
    context.beginPath()
    context.ellipse(x, y - radius + (band / 26) * radius * 2, radius * 1.3, radius * 0.075, -0.22, 0, 6.2832)
    context.fill()
  }
  const shade = context.createRadialGradient(
    x - radius * 0.5,
    y - radius * 0.45,
    radius * 0.3,
    x,
    y,
    radius * 1.25,
  )
  shade.addColorStop(0, 'rgba(255, 246, 230, 0.22)')
  shade.addColorStop(0.5, 'rgba(8, 6, 20, 0.12)')
  shade.addColorStop(1, 'rgba(4, 4, 14, 0.92)')
  context.fillStyle = shade
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2)
  context.restore()
  drawRings(context, { x, y, radius, base }, 0, Math.PI)
}

function paintTwinkle(stage: Stage): Painter {
  const random = stage.random('twinkle')
  const { width, height, unit } = stage
  const stars = Array.from({ length: 22 }, () => ({
    x: random.next() * width,
    y: random.next() * height,
    phase: random.between(0, 6.28),
    size: unit * random.between(0.008, 0.02),
  }))
  return (moment) =>
    stage.at(moment, 0.05, (context) => {
      for (const { x, y, phase, size } of stars) {
        const light = Math.max(0, Math.sin(moment.timeS * 1.9 + phase))
        addGlow(context, x, y, size, '#dfe9ff', 0.9 * light)
      }
    })
}

/** Stars, a nebula and a planet with rings. */
export function paintSpace(stage: Stage): { back: Painter; front: Painter } {
  const stars = stage.still(0.05, (context) => drawNebula(stage, context))
  const planet = stage.still(0.35, (context) => drawPlanet(stage, context))
  const twinkle = paintTwinkle(stage)
  return {
    back: (moment) => {
      stars(moment)
      twinkle(moment)
      planet(moment)
    },
    front: () => {},
  }
}
