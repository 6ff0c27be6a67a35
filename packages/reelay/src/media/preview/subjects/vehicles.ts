import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function drawWheel(stage: Stage, context: Context, x: number, turn: number): void {
  context.save()
  context.translate(x, -0.1)
  context.fillStyle = mix('#15161a', stage.palette.ink, 0.5)
  context.beginPath()
  context.arc(0, 0, 0.115, 0, 6.2832)
  context.fill()
  context.fillStyle = mix('#c9ccd2', stage.palette.ink, 0.2 + stage.palette.darkness * 0.4)
  context.beginPath()
  context.arc(0, 0, 0.062, 0, 6.2832)
  context.fill()
  context.rotate(turn)
  context.strokeStyle = '#3a3d45'
  context.lineWidth = 0.014
  context.beginPath()
  for (let spoke = 0; spoke < 5; spoke += 1) {
    const angle = (spoke * 6.2832) / 5
    context.moveTo(0, 0)
    context.lineTo(Math.cos(angle) * 0.058, Math.sin(angle) * 0.058)
  }
  context.stroke()
  context.restore()
}

function drawCarBody(stage: Stage, context: Context, color: string): void {
  const { palette } = stage
  const paint = context.createLinearGradient(0, -0.52, 0, -0.08)
  paint.addColorStop(0, mix(color, palette.light, 0.5))
  paint.addColorStop(0.5, color)
  paint.addColorStop(1, mix(color, palette.ink, 0.6))
  context.fillStyle = paint
  context.beginPath()
  context.moveTo(-0.72, -0.12)
  context.quadraticCurveTo(-0.75, -0.29, -0.62, -0.31)
  context.quadraticCurveTo(-0.44, -0.34, -0.4, -0.36)
  context.quadraticCurveTo(-0.26, -0.52, -0.1, -0.53)
  context.lineTo(0.12, -0.53)
  context.quadraticCurveTo(0.26, -0.51, 0.38, -0.35)
  context.quadraticCurveTo(0.66, -0.32, 0.72, -0.25)
  context.quadraticCurveTo(0.76, -0.18, 0.73, -0.11)
  context.closePath()
  context.fill()
  const glass = context.createLinearGradient(-0.3, -0.5, 0.3, -0.34)
  glass.addColorStop(0, mix(palette.sky[3], '#17222f', 0.3))
  glass.addColorStop(1, mix(palette.sky[1], '#17222f', 0.5))
  context.fillStyle = glass
  context.beginPath()
  context.moveTo(-0.31, -0.36)
  context.quadraticCurveTo(-0.2, -0.485, -0.09, -0.49)
  context.lineTo(0, -0.49)
  context.lineTo(0, -0.355)
  context.closePath()
  context.moveTo(0.035, -0.49)
  context.lineTo(0.11, -0.49)
  context.quadraticCurveTo(0.21, -0.475, 0.3, -0.355)
  context.lineTo(0.035, -0.355)
  context.closePath()
  context.fill()
  context.fillStyle = '#fff3cf'
  context.fillRect(0.695, -0.235, 0.035, 0.05)
  context.fillStyle = '#ff4a3a'
  context.fillRect(-0.73, -0.265, 0.028, 0.05)
}

/** A car that drives with turning wheels; its lamps are lit in the dark. */
export function paintCar(stage: Stage, spot: Spot): Painter {
  const color =
    stage.scene.color ?? stage.random('car').pick(['#c8372d', '#e0a52e', '#2f79b0', '#d9dde2', '#3f8f6b'])
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      const across = (progress - 0.5) * stage.width * 0.34
      context.save()
      context.translate(spot.x + across, spot.y + Math.sin(timeS * 9) * spot.size * 0.004)
      context.scale(spot.size * 1.1, spot.size * 1.1)
      context.fillStyle = withAlpha(stage.palette.ink, 0.5)
      context.beginPath()
      context.ellipse(0, 0.015, 0.8, 0.05, 0, 0, 6.2832)
      context.fill()
      for (let puff = 0; puff < 7; puff += 1) {
        const age = (puff / 7 + timeS * 0.9) % 1
        addGlow(
          context,
          -0.8 - age * 0.9,
          -0.06 - age * 0.14,
          0.1 + age * 0.26,
          stage.palette.haze,
          0.32 * (1 - age),
        )
      }
      drawCarBody(stage, context, mix(color, stage.palette.ink, stage.palette.darkness * 0.35))
      for (const x of [-0.43, 0.45]) drawWheel(stage, context, x, (across / (spot.size * 0.12)) * 1.1)
      if (stage.palette.darkness > 0.3) {
        addGlow(context, 0.9, -0.2, 0.55, '#fff0c8', 0.8)
        addGlow(context, -0.74, -0.24, 0.22, '#ff3b2f', 0.8)
      }
      context.restore()
    })
}

function drawFlame(context: Context, timeS: number): void {
  for (const [width, length, color, speed] of [
    [0.11, 0.62, '#ff7a2e', 21],
    [0.075, 0.44, '#ffc24a', 27],
    [0.042, 0.27, '#fff6d8', 33],
  ] as const) {
    const flicker = 0.85 + 0.15 * Math.sin(timeS * speed) * Math.sin(timeS * speed * 0.37)
    context.fillStyle = color
    context.beginPath()
    context.moveTo(-width, 0.36)
    context.quadraticCurveTo(-width * 1.1, 0.36 + length * 0.4, 0, 0.36 + length * flicker)
    context.quadraticCurveTo(width * 1.1, 0.36 + length * 0.4, width, 0.36)
    context.fill()
  }
}

function drawRocketBody(stage: Stage, context: Context): void {
  const red = mix('#d8433b', stage.palette.ink, 0.12)
  context.fillStyle = red
  for (const side of [-1, 1]) {
    context.beginPath()
    context.moveTo(side * 0.15, 0.02)
    context.quadraticCurveTo(side * 0.36, 0.14, side * 0.34, 0.46)
    context.quadraticCurveTo(side * 0.24, 0.32, side * 0.12, 0.31)
    context.fill()
  }
  const hull = context.createLinearGradient(-0.2, 0, 0.2, 0)
  hull.addColorStop(0, '#ffffff')
  hull.addColorStop(0.45, '#e3e8f0')
  hull.addColorStop(1, '#7f8aa5')
  context.fillStyle = hull
  context.beginPath()
  context.moveTo(0, -0.66)
  context.bezierCurveTo(0.24, -0.42, 0.24, 0.02, 0.13, 0.34)
  context.lineTo(-0.13, 0.34)
  context.bezierCurveTo(-0.24, 0.02, -0.24, -0.42, 0, -0.66)
  context.fill()
  context.fillStyle = red
  context.beginPath()
  context.moveTo(0, -0.66)
  context.quadraticCurveTo(0.11, -0.55, 0.154, -0.4)
  context.quadraticCurveTo(0, -0.36, -0.154, -0.4)
  context.quadraticCurveTo(-0.11, -0.55, 0, -0.66)
  context.fill()
  for (const [radius, color] of [
    [0.088, '#56607a'],
    [0.066, '#123a63'],
    [0.05, '#5cc3f2'],
  ] as const) {
    context.fillStyle = color
    context.beginPath()
    context.arc(0, -0.17, radius, 0, 6.2832)
    context.fill()
  }
  context.fillStyle = '#3b4254'
  context.fillRect(-0.105, 0.33, 0.21, 0.05)
}

/** A rocket on its way up and to the right. */
export function paintRocket(stage: Stage, spot: Spot): Painter {
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      context.save()
      context.translate(
        spot.x + (progress - 0.6) * stage.width * 0.2 + Math.sin(timeS * 30) * spot.size * 0.003,
        spot.y + stage.height * 0.08 - (progress - 0.4) * stage.height * 0.2,
      )
      context.rotate(0.72)
      context.scale(spot.size, spot.size)
      addGlow(context, 0, 0.6, 0.8, '#ff9a4a', 0.6)
      drawFlame(context, timeS)
      drawRocketBody(stage, context)
      context.restore()
    })
}
