import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

const LEGS = [
  [-0.3, 0.02],
  [-0.22, -0.02],
  [0.16, 0.02],
  [0.25, -0.02],
] as const

function drawBody(context: Context): void {
  context.beginPath()
  context.moveTo(-0.38, -0.62)
  context.bezierCurveTo(-0.3, -0.7, 0.02, -0.66, 0.14, -0.68)
  context.quadraticCurveTo(0.24, -0.74, 0.27, -0.96)
  context.lineTo(0.39, -0.93)
  context.quadraticCurveTo(0.37, -0.66, 0.31, -0.5)
  context.quadraticCurveTo(0.24, -0.37, 0.1, -0.39)
  context.quadraticCurveTo(-0.16, -0.34, -0.3, -0.42)
  context.quadraticCurveTo(-0.42, -0.48, -0.38, -0.62)
  context.fill()
}

function drawLegs(context: Context, color: string): void {
  context.strokeStyle = color
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const [x, bend] of LEGS) {
    context.lineWidth = 0.06
    context.beginPath()
    context.moveTo(x, -0.46)
    context.lineTo(x + bend, -0.27)
    context.stroke()
    context.lineWidth = 0.034
    context.beginPath()
    context.moveTo(x + bend, -0.27)
    context.lineTo(x, -0.01)
    context.stroke()
  }
}

function drawHead(context: Context, fur: string, horn: string): void {
  context.strokeStyle = horn
  context.lineWidth = 0.024
  context.lineCap = 'round'
  for (const side of [-1, 1]) {
    context.beginPath()
    context.moveTo(side * 0.03, -0.05)
    context.bezierCurveTo(side * 0.08, -0.16, side * 0.22, -0.2, side * 0.2, -0.44)
    context.moveTo(side * 0.1, -0.15)
    context.quadraticCurveTo(side * 0.09, -0.24, side * 0.05, -0.29)
    context.moveTo(side * 0.175, -0.24)
    context.quadraticCurveTo(side * 0.13, -0.32, side * 0.11, -0.39)
    context.moveTo(side * 0.2, -0.32)
    context.quadraticCurveTo(side * 0.27, -0.36, side * 0.29, -0.42)
    context.stroke()
    context.fillStyle = fur
    context.beginPath()
    context.ellipse(side * 0.13, -0.03, 0.075, 0.032, side * -0.35, 0, 6.2832)
    context.fill()
  }
  context.fillStyle = fur
  context.beginPath()
  context.moveTo(-0.085, -0.05)
  context.quadraticCurveTo(0, -0.12, 0.085, -0.05)
  context.quadraticCurveTo(0.07, 0.08, 0.045, 0.15)
  context.quadraticCurveTo(0, 0.19, -0.045, 0.15)
  context.quadraticCurveTo(-0.07, 0.08, -0.085, -0.05)
  context.fill()
  context.fillStyle = '#140d0a'
  for (const x of [-0.055, 0.055]) {
    context.beginPath()
    context.arc(x, 0, 0.014, 0, 6.2832)
    context.fill()
  }
  context.beginPath()
  context.ellipse(0, 0.145, 0.028, 0.02, 0, 0, 6.2832)
  context.fill()
}

/** A stag that stands and looks at the camera. */
export function paintDeer(stage: Stage, spot: Spot): Painter {
  const { palette } = stage
  const fur = mix(mix('#9a6238', palette.ink, 0.15 + palette.darkness * 0.4), palette.glow, 0.1)
  const dark = mix(fur, palette.ink, 0.35)
  const horn = mix(mix('#d9c19a', palette.ink, 0.2 + palette.darkness * 0.3), palette.glow, 0.15)
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      context.save()
      context.translate(spot.x, spot.y)
      context.scale(spot.size * 1.15, spot.size * 1.15)
      context.fillStyle = withAlpha(palette.ink, 0.4)
      context.beginPath()
      context.ellipse(0, 0, 0.46, 0.04, 0, 0, 6.2832)
      context.fill()
      drawLegs(context, dark)
      const coat = context.createLinearGradient(0, -0.75, 0, -0.35)
      coat.addColorStop(0, mix(fur, palette.light, 0.2))
      coat.addColorStop(1, dark)
      context.fillStyle = coat
      drawBody(context)
      context.translate(0.34, -1.0)
      context.rotate(Math.sin(moment.timeS * 0.8) * 0.04)
      drawHead(context, fur, horn)
      context.restore()
    })
}
