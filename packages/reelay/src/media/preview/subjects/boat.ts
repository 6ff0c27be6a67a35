import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function drawHull(stage: Stage, context: Context): void {
  const { palette } = stage
  const wood = mix(mix('#7a3a2a', palette.ink, 0.5), palette.glow, 0.08)
  const gradient = context.createLinearGradient(0, -0.16, 0, 0.1)
  gradient.addColorStop(0, mix(wood, palette.glow, 0.3))
  gradient.addColorStop(0.4, wood)
  gradient.addColorStop(1, palette.ink)
  context.fillStyle = gradient
  context.beginPath()
  context.moveTo(-0.52, -0.15)
  context.quadraticCurveTo(-0.42, 0.07, -0.28, 0.08)
  context.lineTo(0.3, 0.08)
  context.quadraticCurveTo(0.5, 0.04, 0.62, -0.19)
  context.quadraticCurveTo(0.1, -0.1, -0.52, -0.15)
  context.fill()
  context.strokeStyle = withAlpha(palette.light, 0.75)
  context.lineWidth = 0.012
  context.beginPath()
  context.moveTo(-0.52, -0.15)
  context.quadraticCurveTo(0.1, -0.1, 0.62, -0.19)
  context.stroke()
  context.fillStyle = mix('#e8d7bd', palette.ink, 0.45)
  context.beginPath()
  context.roundRect(-0.33, -0.225, 0.3, 0.09, 0.02)
  context.fill()
  context.fillStyle = palette.darkness > 0.4 ? '#ffd98a' : mix('#24404f', palette.sky[2], 0.3)
  for (const x of [-0.29, -0.2, -0.11]) context.fillRect(x, -0.205, 0.05, 0.035)
}

function drawSails(stage: Stage, context: Context, belly: number): void {
  const { palette } = stage
  const cloth = mix('#fff8ec', palette.glow, 0.2 + palette.darkness * 0.1)
  const shade = mix(mix(cloth, palette.sky[1], 0.4), palette.ink, palette.darkness * 0.25)
  context.strokeStyle = mix('#4a2f22', palette.ink, 0.5)
  context.lineWidth = 0.018
  context.beginPath()
  context.moveTo(0.04, -0.12)
  context.lineTo(0.04, -1.2)
  context.moveTo(0.04, -0.27)
  context.lineTo(-0.47, -0.25)
  context.stroke()
  const main = context.createLinearGradient(-0.45, 0, 0.05, 0)
  main.addColorStop(0, cloth)
  main.addColorStop(1, shade)
  context.fillStyle = main
  context.beginPath()
  context.moveTo(0.02, -1.14)
  context.quadraticCurveTo(-0.22 - belly, -0.72, -0.46, -0.285)
  context.quadraticCurveTo(-0.2, -0.31, 0.02, -0.3)
  context.fill()
  const jib = context.createLinearGradient(0.06, 0, 0.56, 0)
  jib.addColorStop(0, shade)
  jib.addColorStop(1, mix(cloth, palette.glow, 0.12))
  context.fillStyle = jib
  context.beginPath()
  context.moveTo(0.07, -1.06)
  context.quadraticCurveTo(0.36 + belly, -0.6, 0.57, -0.24)
  context.quadraticCurveTo(0.3, -0.27, 0.09, -0.29)
  context.fill()
  context.strokeStyle = withAlpha(palette.ink, 0.16)
  context.lineWidth = 0.006
  for (const y of [-0.55, -0.8]) {
    context.beginPath()
    context.moveTo(0.02, y)
    context.lineTo(-0.47 - (y + 0.28) * 0.56, y + 0.02)
    context.stroke()
  }
}

/** What the water shows of the boat, broken into strokes that sway. */
function drawReflection(stage: Stage, context: Context, timeS: number): void {
  const random = stage.random('boat reflection')
  for (let index = 0; index < 26; index += 1) {
    const share = index / 26
    const sway = Math.sin(timeS * 2.1 + index * 0.9) * (0.012 + 0.05 * share)
    const half = (0.5 - 0.3 * share) * random.between(0.5, 1)
    const isSail = share > 0.2
    const color = isSail ? mix('#fff0dc', stage.palette.glow, 0.4) : stage.palette.ink
    context.fillStyle = withAlpha(color, (isSail ? 0.2 : 0.55) * (1 - share))
    context.beginPath()
    context.ellipse(0.02 + sway, 0.1 + share * 0.62, half, 0.012, 0, 0, 6.2832)
    context.fill()
  }
}

/** A sailing boat that rocks, sails slowly across and mirrors itself. */
export function paintBoat(stage: Stage, spot: Spot): Painter {
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      const x = spot.x + (progress - 0.5) * stage.width * 0.1
      context.save()
      context.translate(x, spot.y + Math.sin(timeS * 1.5) * spot.size * 0.015)
      context.scale(spot.size, spot.size)
      drawReflection(stage, context, timeS)
      context.rotate(Math.sin(timeS * 1.15 + 0.6) * 0.035)
      drawHull(stage, context)
      drawSails(stage, context, 0.05 + 0.015 * Math.sin(timeS * 1.7))
      context.restore()
    })
}
