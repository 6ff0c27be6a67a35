import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function windowColor(stage: Stage): string {
  return stage.palette.darkness > 0.25 || stage.scene.weather === 'snow'
    ? '#ffd27a'
    : mix('#2a4458', stage.palette.sky[2], 0.4)
}

function drawHouse(stage: Stage, context: Context): void {
  const { palette } = stage
  const wall = mix('#9a5f38', palette.ink, 0.22 + palette.darkness * 0.34)
  const roof =
    stage.scene.weather === 'snow'
      ? mix('#f2f7fd', palette.sky[1], 0.2 + palette.darkness * 0.4)
      : mix('#5a3229', palette.ink, 0.3)
  context.fillStyle = mix(wall, palette.ink, 0.35)
  context.fillRect(0.2, -0.86, 0.11, 0.3)
  context.fillStyle = wall
  context.fillRect(-0.46, -0.46, 0.92, 0.48)
  context.fillStyle = withAlpha(palette.ink, 0.2)
  for (let log = 0; log < 5; log += 1) context.fillRect(-0.46, -0.4 + log * 0.09, 0.92, 0.014)
  context.fillStyle = wall
  context.beginPath()
  context.moveTo(-0.46, -0.44)
  context.lineTo(0, -0.8)
  context.lineTo(0.46, -0.44)
  context.fill()
  context.strokeStyle = roof
  context.lineWidth = 0.075
  context.lineJoin = 'round'
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(-0.58, -0.38)
  context.lineTo(0, -0.83)
  context.lineTo(0.58, -0.38)
  context.stroke()
  context.fillStyle = mix('#4a2a1c', palette.ink, 0.3)
  context.fillRect(-0.08, -0.29, 0.17, 0.31)
  const glass = windowColor(stage)
  for (const [x, y, size] of [
    [-0.34, -0.34, 0.16],
    [0.19, -0.34, 0.16],
    [-0.06, -0.62, 0.12],
  ] as const) {
    context.fillStyle = glass
    context.fillRect(x, y, size, size)
    context.strokeStyle = mix('#4a2a1c', palette.ink, 0.2)
    context.lineWidth = 0.018
    context.strokeRect(x, y, size, size)
    context.beginPath()
    context.moveTo(x + size / 2, y)
    context.lineTo(x + size / 2, y + size)
    context.stroke()
    if (glass === '#ffd27a') addGlow(context, x + size / 2, y + size / 2, size * 2.2, '#ffc15a', 0.55)
  }
}

/** A cabin with lit windows and smoke from its chimney. */
export function paintHouse(stage: Stage, spot: Spot): Painter {
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      context.save()
      context.translate(spot.x, spot.y)
      context.scale(spot.size, spot.size)
      for (let puff = 0; puff < 9; puff += 1) {
        const age = (puff / 9 + moment.timeS * 0.16) % 1
        const drift = Math.sin(age * 5 + moment.timeS * 0.4) * 0.05
        addGlow(
          context,
          0.255 + age * 0.34 + drift,
          -0.88 - age * 0.75,
          0.06 + age * 0.2,
          stage.palette.cloudLit,
          0.5 * (1 - age),
        )
      }
      drawHouse(stage, context)
      context.restore()
    })
}

/** Half the width of the tower at a share of its height. */
function halfWidth(share: number): number {
  return 0.17 - 0.075 * share
}

function drawTower(stage: Stage, context: Context): void {
  const { palette } = stage
  const white = mix('#f7f2ea', palette.ink, palette.darkness * 0.45)
  const red = mix('#c8402f', palette.ink, palette.darkness * 0.4)
  context.fillStyle = mix(palette.ink, palette.land[2], 0.3)
  context.beginPath()
  context.moveTo(-0.85, 0.1)
  context.bezierCurveTo(-0.6, -0.08, -0.45, -0.16, -0.2, -0.17)
  context.lineTo(0.22, -0.18)
  context.bezierCurveTo(0.45, -0.14, 0.72, -0.02, 0.95, 0.1)
  context.fill()
  const steps = 5
  for (let step = 0; step < steps; step += 1) {
    const [low, high] = [step / steps, (step + 1) / steps]
    context.fillStyle = step % 2 === 0 ? white : red
    context.beginPath()
    context.moveTo(-halfWidth(low), -0.16 - low * 1.05)
    context.lineTo(halfWidth(low), -0.16 - low * 1.05)
    context.lineTo(halfWidth(high), -0.16 - high * 1.05)
    context.lineTo(-halfWidth(high), -0.16 - high * 1.05)
    context.fill()
  }
  const shade = context.createLinearGradient(-0.17, 0, 0.17, 0)
  shade.addColorStop(0, withAlpha(palette.ink, 0.5))
  shade.addColorStop(0.6, withAlpha(palette.ink, 0))
  shade.addColorStop(1, withAlpha(palette.light, 0.25))
  context.fillStyle = shade
  context.beginPath()
  context.moveTo(-0.17, -0.16)
  context.lineTo(0.17, -0.16)
  context.lineTo(0.095, -1.21)
  context.lineTo(-0.095, -1.21)
  context.fill()
  context.fillStyle = mix('#2a2f38', palette.ink, 0.4)
  context.fillRect(-0.14, -1.25, 0.28, 0.045)
  context.fillRect(-0.085, -1.4, 0.17, 0.03)
  context.fillStyle = '#fff0b8'
  context.fillRect(-0.07, -1.375, 0.14, 0.13)
  context.fillStyle = red
  context.beginPath()
  context.moveTo(-0.11, -1.39)
  context.quadraticCurveTo(0, -1.56, 0.11, -1.39)
  context.fill()
}

function drawBeam(context: Context, turn: number, strength: number): void {
  const reach = Math.cos(turn) * 3.4
  const spread = 0.1 + 0.22 * Math.abs(Math.cos(turn))
  const gradient = context.createLinearGradient(0, 0, reach, 0)
  gradient.addColorStop(0, withAlpha('#fff3c4', strength))
  gradient.addColorStop(1, withAlpha('#fff3c4', 0))
  context.save()
  context.globalCompositeOperation = 'screen'
  context.fillStyle = gradient
  context.beginPath()
  context.moveTo(0, -1.31)
  context.lineTo(reach, -1.31 - spread)
  context.lineTo(reach, -1.31 + spread)
  context.fill()
  context.restore()
}

/** A lighthouse on its rock; the beam goes round. */
export function paintLighthouse(stage: Stage, spot: Spot): Painter {
  const strength = 0.2 + 0.5 * stage.palette.darkness
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      context.save()
      context.translate(spot.x, spot.y)
      context.scale(spot.size, spot.size)
      const turn = moment.timeS * 1.1 + 0.6
      drawBeam(context, turn, strength)
      drawBeam(context, turn + Math.PI, strength)
      drawTower(stage, context)
      addGlow(context, 0, -1.31, 0.5 + 0.25 * Math.abs(Math.sin(turn)), '#ffedb0', 0.5 + strength * 0.5)
      context.restore()
    })
}
