import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function drawBird(context: Context, flap: number): void {
  const tip = -0.5 * flap
  const elbow = -0.28 * flap - 0.08
  context.beginPath()
  context.moveTo(0.3, 0.02)
  context.quadraticCurveTo(0.1, -0.07, 0, -0.05)
  context.quadraticCurveTo(-0.06, elbow, -0.22, elbow)
  context.quadraticCurveTo(-0.42, tip, -0.62, tip)
  context.quadraticCurveTo(-0.36, tip + 0.14, -0.2, elbow + 0.17)
  context.quadraticCurveTo(-0.14, 0.02, -0.36, 0.1)
  context.quadraticCurveTo(-0.02, 0.12, 0.3, 0.02)
  context.fill()
  context.beginPath()
  context.moveTo(0.06, -0.04)
  context.quadraticCurveTo(0.12, elbow * 0.9, 0.26, elbow * 0.95)
  context.quadraticCurveTo(0.42, tip * 0.9, 0.56, tip * 0.85)
  context.quadraticCurveTo(0.34, tip * 0.7 + 0.1, 0.24, elbow * 0.8 + 0.14)
  context.quadraticCurveTo(0.16, 0.03, 0.06, 0.04)
  context.fill()
}

/** A flock in a loose wedge. */
export function paintBirds(stage: Stage, spot: Spot): Painter {
  const random = stage.random('flock')
  const birds = Array.from({ length: 9 }, (_, index) => {
    const rank = Math.ceil(index / 2)
    const side = index % 2 === 0 ? 1 : -1
    return {
      x: -rank * 0.62 + random.between(-0.12, 0.12),
      y: side * rank * 0.28 + random.between(-0.08, 0.08),
      scale: index === 0 ? 1 : random.between(0.6, 0.85),
      phase: random.between(0, 6.28),
    }
  })
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const across = (moment.progress - 0.5) * stage.width * 0.3
      const size = spot.size * 0.42
      context.fillStyle = mix(stage.palette.ink, stage.palette.sky[2], 0.12)
      for (const { x, y, scale, phase } of birds) {
        context.save()
        context.translate(spot.x + stage.width * 0.08 + across + x * size, spot.y + y * size)
        context.scale(size * scale, size * scale)
        drawBird(context, 0.15 + 0.85 * Math.sin(moment.timeS * 6.2 + phase))
        context.restore()
      }
    })
}

/** Butterflies that flutter around one another. */
export function paintButterflies(stage: Stage, spot: Spot): Painter {
  const random = stage.random('butterflies')
  const butterflies = Array.from({ length: 6 }, (_, index) => ({
    x: index === 0 ? 0 : random.between(-1.3, 1.3),
    y: index === 0 ? 0 : random.between(-0.7, 0.7),
    scale: index === 0 ? 0.62 : random.between(0.2, 0.4),
    color: random.pick(['#ff9a3c', '#5aa9ff', '#ff6f91', '#ffd23f', '#b78cff']),
    phase: random.between(0, 6.28),
  }))
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      for (const { x, y, scale, color, phase } of butterflies) {
        const { timeS } = moment
        context.save()
        context.translate(
          spot.x + (x + Math.sin(timeS * 0.9 + phase) * 0.14) * spot.size,
          spot.y + (y + Math.cos(timeS * 1.3 + phase) * 0.1) * spot.size,
        )
        context.rotate(-0.3 + Math.sin(timeS * 0.8 + phase) * 0.25)
        context.scale(spot.size * scale, spot.size * scale)
        drawButterfly(stage, context, color, 0.25 + 0.75 * Math.abs(Math.sin(timeS * 5 + phase)))
        context.restore()
      }
    })
}

function drawButterfly(stage: Stage, context: Context, color: string, open: number): void {
  const dark = mix(color, '#1a0d12', 0.75)
  const tone = mix(color, stage.palette.ink, stage.palette.darkness * 0.3)
  for (const side of [-1, 1]) {
    context.save()
    context.scale(side * open, 1)
    for (const [inset, fill] of [
      [0, dark],
      [0.045, tone],
    ] as const) {
      context.fillStyle = fill
      context.beginPath()
      context.moveTo(0.02, -0.02)
      context.bezierCurveTo(0.16, -0.5 + inset, 0.6 - inset, -0.56 + inset * 1.4, 0.56 - inset, -0.26)
      context.bezierCurveTo(0.54 - inset, -0.08, 0.28, 0.02, 0.02, 0.02)
      context.bezierCurveTo(0.3, 0.02, 0.46 - inset, 0.16, 0.38 - inset, 0.36 - inset)
      context.bezierCurveTo(0.28, 0.48 - inset * 1.5, 0.08, 0.28, 0.02, 0.06)
      context.fill()
    }
    context.fillStyle = withAlpha('#ffffff', 0.75)
    for (const [x, y] of [
      [0.49, -0.37],
      [0.52, -0.28],
      [0.33, 0.33],
    ] as const) {
      context.beginPath()
      context.arc(x, y, 0.018, 0, 6.2832)
      context.fill()
    }
    context.restore()
  }
  context.fillStyle = '#22151a'
  context.beginPath()
  context.ellipse(0, 0.02, 0.026, 0.2, 0, 0, 6.2832)
  context.fill()
}

function drawEnvelope(stage: Stage, context: Context, colors: readonly string[]): void {
  const panels = 9
  for (let panel = 0; panel < panels; panel += 1) {
    const from = -1 + (2 * panel) / panels
    const to = -1 + (2 * (panel + 1)) / panels
    // Panels bulge: their seams lie on a sphere, so they narrow towards the sides.
    const [left, right] = [Math.sin((from * Math.PI) / 2), Math.sin((to * Math.PI) / 2)]
    context.fillStyle = colors[panel % colors.length] ?? '#ffffff'
    context.beginPath()
    context.moveTo(0, -1.02)
    context.bezierCurveTo(left * 0.62, -1.02, left * 0.6, -0.45, left * 0.1, 0)
    context.lineTo(right * 0.1, 0)
    context.bezierCurveTo(right * 0.6, -0.45, right * 0.62, -1.02, 0, -1.02)
    context.fill()
  }
  const shade = context.createLinearGradient(-0.46, 0, 0.46, 0)
  const isLightRight = stage.palette.lightX > 0.5
  shade.addColorStop(isLightRight ? 1 : 0, withAlpha(stage.palette.light, 0.34))
  shade.addColorStop(0.5, 'rgba(0, 0, 0, 0)')
  shade.addColorStop(isLightRight ? 0 : 1, withAlpha(stage.palette.ink, 0.55))
  context.fillStyle = shade
  context.beginPath()
  context.moveTo(0, -1.02)
  context.bezierCurveTo(-0.62, -1.02, -0.6, -0.45, -0.1, 0)
  context.lineTo(0.1, 0)
  context.bezierCurveTo(0.6, -0.45, 0.62, -1.02, 0, -1.02)
  context.fill()
}

function drawBalloon(stage: Stage, context: Context, colors: readonly string[], flame: number): void {
  drawEnvelope(stage, context, colors)
  if (stage.palette.darkness > 0.4) addGlow(context, 0, -0.25, 0.6, '#ffb04a', 0.5 * flame)
  context.strokeStyle = withAlpha(stage.palette.ink, 0.8)
  context.lineWidth = 0.008
  context.beginPath()
  for (const x of [-0.09, 0.09]) {
    context.moveTo(x, 0)
    context.lineTo(x * 0.75, 0.16)
  }
  context.stroke()
  context.fillStyle = mix('#8a5a30', stage.palette.ink, 0.25 + stage.palette.darkness * 0.3)
  context.beginPath()
  context.roundRect(-0.075, 0.16, 0.15, 0.11, 0.02)
  context.fill()
  addGlow(context, 0, 0.08, 0.1, '#ffd27a', flame)
}

/** Hot-air balloons: one near, two far. */
export function paintBalloons(stage: Stage, spot: Spot): Painter {
  const random = stage.random('balloons')
  const warm = ['#e4573d', '#f6e3c0', '#f0a63c'] as const
  const cool = ['#2f6f9f', '#f2efe6', '#e9b44c'] as const
  const fresh = ['#7a4d9f', '#f5d7e3', '#f07f5a'] as const
  const sets = random.next() < 0.5 ? [warm, cool, fresh] : [cool, warm, fresh]
  const places = [
    { x: 0, y: 0.35, scale: 1.35 },
    { x: -1.35, y: -0.05, scale: 0.5 },
    { x: 1.3, y: 0.3, scale: 0.36 },
  ]
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      places.forEach(({ x, y, scale }, index) => {
        const { timeS, progress } = moment
        context.save()
        context.translate(
          spot.x + (x + progress * 0.25 * scale) * spot.size,
          spot.y + (y - progress * 0.25 * scale + Math.sin(timeS * 0.7 + index * 2) * 0.02) * spot.size,
        )
        context.rotate(Math.sin(timeS * 0.6 + index) * 0.02)
        context.scale(spot.size * scale, spot.size * scale)
        const colors = (sets[index] ?? warm).map((color) =>
          mix(color, stage.palette.haze, (1 - scale) * 0.3 + 0.08),
        )
        drawBalloon(stage, context, colors, 0.55 + 0.45 * Math.sin(timeS * 2.3 + index * 2.2))
        context.restore()
      })
    })
}
