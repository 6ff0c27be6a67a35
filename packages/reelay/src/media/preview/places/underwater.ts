import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const DEEP = ['#1a9bb8', '#0b6496', '#053a6b', '#021a3d'] as const
const CORALS = ['#ff6f7d', '#ff9e57', '#c76bff', '#ffd166', '#5ee0c0'] as const

function drawWater(stage: Stage, context: Context): void {
  const { width, height, marginX, marginY, unit } = stage
  const dim = stage.palette.darkness * 0.5
  const gradient = context.createLinearGradient(0, -marginY, 0, height)
  DEEP.forEach((color, index) => gradient.addColorStop(index / 3, mix(color, '#020617', dim)))
  context.fillStyle = gradient
  context.fillRect(-marginX, -marginY, width + 2 * marginX, height + 2 * marginY)
  addGlow(context, width * 0.55, -height * 0.05, unit * 0.9, '#b8f4ff', 0.55 * (1 - dim))
}

function paintRays(stage: Stage): Painter {
  const random = stage.random('rays')
  const { width, height } = stage
  const rays = Array.from({ length: 9 }, () => ({
    x: random.between(0.25, 0.85),
    spread: random.between(0.015, 0.05),
    lean: random.between(-0.22, 0.22),
    phase: random.between(0, 6.28),
  }))
  return ({ context, timeS }) => {
    context.save()
    context.globalCompositeOperation = 'screen'
    for (const { x, spread, lean, phase } of rays) {
      const alpha = 0.13 + 0.08 * Math.sin(timeS * 0.9 + phase)
      const top = (x + Math.sin(timeS * 0.35 + phase) * 0.015) * width
      const gradient = context.createLinearGradient(0, 0, 0, height * 0.9)
      gradient.addColorStop(0, withAlpha('#c9f7ff', alpha))
      gradient.addColorStop(1, withAlpha('#c9f7ff', 0))
      context.fillStyle = gradient
      context.beginPath()
      context.moveTo(top - spread * width * 0.4, 0)
      context.lineTo(top + spread * width * 0.4, 0)
      context.lineTo(top + (lean + spread) * width, height * 0.9)
      context.lineTo(top + (lean - spread) * width, height * 0.9)
      context.fill()
    }
    context.restore()
  }
}

function drawFloor(stage: Stage, context: Context, nearness: number): void {
  const random = stage.random(`reef ${nearness}`)
  const noise = createNoise(random)
  const { width, height, unit, marginX, marginY } = stage
  const tone = mix('#0b5078', '#03162f', 0.25 + 0.6 * nearness)
  const floor = (x: number): number =>
    height *
    (0.8 +
      0.1 * nearness -
      0.14 * layeredNoise(noise, (x / width) * 3, 4, 0.45) * (0.5 + Math.abs(x / width - 0.5)))
  context.fillStyle = tone
  context.beginPath()
  for (let x = -marginX; x <= width + marginX; x += 4) context.lineTo(x, floor(x))
  context.lineTo(width + marginX, height + marginY)
  context.lineTo(-marginX, height + marginY)
  context.fill()
  for (let index = 0; index < 26; index += 1) {
    const x = random.between(-marginX, width + marginX)
    const size = unit * random.between(0.02, 0.06) * (0.4 + 0.8 * nearness)
    drawCoral(
      context,
      random.next() < 0.5,
      x,
      floor(x) + size * 0.1,
      size,
      mix(random.pick(CORALS), tone, 0.72 - 0.42 * nearness),
    )
  }
}

function drawCoral(
  context: Context,
  isFan: boolean,
  x: number,
  y: number,
  size: number,
  color: string,
): void {
  context.fillStyle = color
  context.strokeStyle = color
  context.lineCap = 'round'
  for (let branch = -2; branch <= 2; branch += 1) {
    if (isFan) {
      context.lineWidth = size * 0.16
      context.beginPath()
      context.moveTo(x, y)
      context.quadraticCurveTo(
        x + branch * size * 0.1,
        y - size * 0.6,
        x + branch * size * 0.36,
        y - size * (1.25 - Math.abs(branch) * 0.16),
      )
      context.stroke()
    } else {
      context.beginPath()
      context.arc(
        x + branch * size * 0.32,
        y - size * (0.34 - Math.abs(branch) * 0.09),
        size * 0.34,
        0,
        6.2832,
      )
      context.fill()
    }
  }
}

function paintWeeds(stage: Stage): Painter {
  const random = stage.random('weeds')
  const { width, height, unit } = stage
  const weeds = Array.from({ length: 24 }, () => ({
    x: (random.pick([0.04, 0.14, 0.86, 0.96]) + random.between(-0.06, 0.06)) * width,
    length: unit * random.between(0.14, 0.34),
    phase: random.between(0, 6.28),
    color: mix('#0d5a52', '#031b2c', random.between(0.1, 0.7)),
  }))
  return (moment) =>
    stage.at(moment, 0.95, (context) => {
      for (const { x, length, phase, color } of weeds) {
        const sway = Math.sin(moment.timeS * 1.2 + phase) * length * 0.14
        context.strokeStyle = color
        context.lineWidth = unit * 0.009
        context.lineCap = 'round'
        context.beginPath()
        context.moveTo(x, height * 1.02)
        context.bezierCurveTo(
          x - sway,
          height - length * 0.35,
          x + sway * 1.4,
          height - length * 0.65,
          x + sway * 0.6,
          height - length,
        )
        context.stroke()
      }
    })
}

function paintBubbles(stage: Stage): Painter {
  const random = stage.random('bubbles')
  const { width, height, unit } = stage
  const bubbles = Array.from({ length: 40 }, () => ({
    x: random.next(),
    start: random.next(),
    speed: random.between(0.05, 0.12),
    size: unit * random.between(0.002, 0.008),
    phase: random.between(0, 6.28),
  }))
  return ({ context, timeS }) => {
    for (const { x, start, speed, size, phase } of bubbles) {
      const share = (start + timeS * speed) % 1
      const left = x * width + Math.sin(timeS * 1.6 + phase) * unit * 0.01
      context.strokeStyle = withAlpha('#e2fbff', 0.42)
      context.lineWidth = Math.max(0.6, size * 0.22)
      context.beginPath()
      context.arc(left, (1.05 - share * 1.1) * height, size, 0, 6.2832)
      context.stroke()
    }
  }
}

/** A reef in the light that falls through the water. */
export function paintUnderwater(stage: Stage): { back: Painter; front: Painter } {
  const water = stage.still(0, (context) => drawWater(stage, context))
  const rays = paintRays(stage)
  const floors = [0, 0.5, 1].map((nearness) =>
    stage.still(0.2 + 0.6 * nearness, (context) => drawFloor(stage, context, nearness)),
  )
  const [weeds, bubbles] = [paintWeeds(stage), paintBubbles(stage)]
  return {
    back: (moment) => {
      water(moment)
      rays(moment)
      for (const floor of floors) floor(moment)
    },
    front: (moment) => {
      weeds(moment)
      bubbles(moment)
    },
  }
}
