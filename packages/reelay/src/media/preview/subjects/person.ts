import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function drawLegs(context: Context, color: string, stride: number): void {
  context.strokeStyle = color
  context.lineWidth = 0.085
  context.lineCap = 'round'
  context.beginPath()
  for (const side of [-1, 1]) {
    context.moveTo(side * 0.05, -0.42)
    context.lineTo(side * 0.055 + side * stride * 0.02, -0.2)
    context.lineTo(side * 0.055 - side * stride * 0.02, -0.03 + Math.max(0, side * stride) * -0.03)
  }
  context.stroke()
}

function drawCoat(stage: Stage, context: Context, color: string, sway: number): void {
  const { palette } = stage
  const isLightRight = palette.lightX > 0.5
  const cloth = context.createLinearGradient(-0.2, 0, 0.2, 0)
  cloth.addColorStop(isLightRight ? 0 : 1, mix(color, palette.ink, 0.6))
  cloth.addColorStop(0.5, color)
  cloth.addColorStop(isLightRight ? 1 : 0, mix(color, palette.glow, 0.45))
  context.fillStyle = cloth
  context.beginPath()
  context.moveTo(-0.08, -0.84)
  context.bezierCurveTo(-0.19, -0.83, -0.19, -0.7, -0.185, -0.6)
  context.quadraticCurveTo(-0.2 + sway, -0.42, -0.21 + sway, -0.3)
  context.quadraticCurveTo(sway, -0.26, 0.21 + sway, -0.3)
  context.quadraticCurveTo(0.2 + sway, -0.42, 0.185, -0.6)
  context.bezierCurveTo(0.19, -0.7, 0.19, -0.83, 0.08, -0.84)
  context.fill()
  context.strokeStyle = withAlpha(palette.ink, 0.35)
  context.lineWidth = 0.012
  context.beginPath()
  context.moveTo(0, -0.56)
  context.lineTo(sway * 0.8, -0.28)
  context.moveTo(-0.17, -0.56)
  context.quadraticCurveTo(0, -0.53, 0.17, -0.56)
  context.stroke()
}

function drawHead(stage: Stage, context: Context, scarf: string): void {
  const { palette } = stage
  const hair = mix('#3a2418', palette.ink, 0.35 + palette.darkness * 0.2)
  context.fillStyle = hair
  context.beginPath()
  context.ellipse(0, -0.945, 0.088, 0.1, 0, 0, 6.2832)
  context.fill()
  context.fillStyle = withAlpha(palette.light, 0.22)
  context.beginPath()
  context.ellipse(palette.lightX > 0.5 ? 0.05 : -0.05, -0.97, 0.035, 0.06, 0, 0, 6.2832)
  context.fill()
  context.fillStyle = scarf
  context.beginPath()
  context.roundRect(-0.095, -0.875, 0.19, 0.065, 0.03)
  context.fill()
}

function drawUmbrella(stage: Stage, context: Context, color: string): void {
  context.strokeStyle = mix('#22252c', stage.palette.ink, 0.4)
  context.lineWidth = 0.016
  context.beginPath()
  context.moveTo(0.13, -0.62)
  context.lineTo(0.05, -1.36)
  context.stroke()
  const dome = context.createLinearGradient(-0.5, -1.4, 0.5, -1.05)
  dome.addColorStop(0, mix(color, stage.palette.light, 0.25))
  dome.addColorStop(1, mix(color, stage.palette.ink, 0.5))
  context.fillStyle = dome
  context.beginPath()
  context.moveTo(-0.5, -1.05)
  context.bezierCurveTo(-0.46, -1.46, 0.52, -1.5, 0.58, -1.06)
  for (const x of [0.38, 0.17, -0.06, -0.28, -0.5]) context.quadraticCurveTo(x + 0.1, -1.14, x, -1.05)
  context.fill()
}

/** Somebody seen from behind, looking into the scene; with an umbrella in the rain. */
export function paintPerson(stage: Stage, spot: Spot): Painter {
  const random = stage.random('person')
  const dim = stage.palette.darkness * 0.4
  const coat = mix(
    stage.scene.color ?? random.pick(['#c14a34', '#2f5f7a', '#d39a2c', '#4a5a45', '#7a3f5a']),
    stage.palette.ink,
    dim,
  )
  const scarf = mix(random.pick(['#f0d9a8', '#e7674b', '#8fc1c9']), stage.palette.ink, dim)
  const isWet = stage.scene.weather === 'rain' || stage.scene.weather === 'storm'
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS } = moment
      const stride = Math.sin(timeS * 4.4)
      context.save()
      context.translate(spot.x, spot.y - Math.abs(stride) * spot.size * 0.008)
      context.scale(spot.size, spot.size)
      context.fillStyle = withAlpha(stage.palette.ink, 0.45)
      context.beginPath()
      context.ellipse(0, 0.01, 0.28, 0.035, 0, 0, 6.2832)
      context.fill()
      drawLegs(context, mix('#22252f', stage.palette.ink, 0.5), stride)
      drawCoat(stage, context, coat, Math.sin(timeS * 1.8) * 0.015)
      drawHead(stage, context, scarf)
      if (isWet) drawUmbrella(stage, context, mix('#d8412f', stage.palette.ink, dim))
      context.restore()
    })
}
