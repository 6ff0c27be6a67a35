import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

function drawWhaleBody(context: Context, tone: string, belly: string, beat: number): void {
  const skin = context.createLinearGradient(0, -0.3, 0, 0.3)
  skin.addColorStop(0, mix(tone, '#bfeaf7', 0.22))
  skin.addColorStop(0.5, tone)
  skin.addColorStop(1, mix(tone, '#03162f', 0.4))
  context.fillStyle = skin
  context.beginPath()
  context.moveTo(0.92, 0.02)
  context.bezierCurveTo(0.84, -0.2, 0.4, -0.3, 0, -0.22)
  context.bezierCurveTo(-0.4, -0.16, -0.68, -0.06, -0.96, beat * 0.5)
  context.bezierCurveTo(-1.06, beat - 0.04, -1.16, beat - 0.12, -1.28, beat - 0.14)
  context.quadraticCurveTo(-1.2, beat + 0.02, -1.1, beat + 0.08)
  context.quadraticCurveTo(-1.18, beat + 0.16, -1.24, beat + 0.26)
  context.bezierCurveTo(-1.12, beat + 0.22, -1, beat + 0.14, -0.92, beat * 0.5 + 0.08)
  context.bezierCurveTo(-0.6, 0.1, -0.3, 0.26, 0.2, 0.28)
  context.bezierCurveTo(0.64, 0.28, 0.92, 0.2, 0.92, 0.02)
  context.fill()
  context.fillStyle = belly
  context.beginPath()
  context.moveTo(0.915, 0.06)
  context.bezierCurveTo(0.7, 0.1, 0.42, 0.1, 0.16, 0.2)
  context.bezierCurveTo(0.06, 0.25, 0.1, 0.275, 0.2, 0.28)
  context.bezierCurveTo(0.64, 0.28, 0.9, 0.2, 0.915, 0.06)
  context.fill()
  context.strokeStyle = withAlpha('#0a3350', 0.35)
  context.lineWidth = 0.008
  for (let groove = 0; groove < 5; groove += 1) {
    context.beginPath()
    context.moveTo(0.86 - groove * 0.02, 0.11 + groove * 0.03)
    context.quadraticCurveTo(0.6, 0.13 + groove * 0.032, 0.24 + groove * 0.02, 0.215 + groove * 0.014)
    context.stroke()
  }
  context.fillStyle = mix(tone, '#03162f', 0.3)
  context.beginPath()
  context.moveTo(0.36, 0.16)
  context.quadraticCurveTo(0.2, 0.42 + beat * 0.4, 0, 0.46 + beat * 0.5)
  context.quadraticCurveTo(0.06, 0.28, 0.18, 0.17)
  context.fill()
  context.beginPath()
  context.moveTo(-0.3, -0.165)
  context.quadraticCurveTo(-0.42, -0.25, -0.48, -0.24)
  context.quadraticCurveTo(-0.46, -0.17, -0.48, -0.125)
  context.fill()
  context.fillStyle = '#04101c'
  context.beginPath()
  context.arc(0.6, 0.035, 0.02, 0, 6.2832)
  context.fill()
  context.fillStyle = '#e9fbff'
  context.beginPath()
  context.arc(0.605, 0.03, 0.006, 0, 6.2832)
  context.fill()
}

/** A whale that glides by, its tail beating slowly. */
export function paintWhale(stage: Stage, spot: Spot): Painter {
  const { palette } = stage
  const isDeep = stage.scene.place === 'underwater'
  const tone = isDeep ? '#2b6d93' : mix('#3d5f7d', palette.ink, 0.25)
  const belly = mix('#dfeff3', tone, 0.35)
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      context.save()
      context.translate(
        spot.x + (progress - 0.5) * stage.width * 0.16,
        spot.y + Math.sin(timeS * 0.8) * spot.size * 0.05,
      )
      context.rotate(-0.1 + Math.sin(timeS * 0.8 + 1.2) * 0.04)
      context.scale(spot.size, spot.size)
      drawWhaleBody(context, tone, belly, Math.sin(timeS * 1.4) * 0.12)
      context.restore()
    })
}

function drawFish(context: Context, color: string, wag: number): void {
  const body = context.createLinearGradient(0, -0.22, 0, 0.22)
  body.addColorStop(0, mix(color, '#ffffff', 0.35))
  body.addColorStop(0.5, color)
  body.addColorStop(1, mix(color, '#0a1c34', 0.35))
  context.fillStyle = body
  context.beginPath()
  context.moveTo(0.5, 0)
  context.bezierCurveTo(0.3, -0.25, -0.1, -0.24, -0.34, 0)
  context.quadraticCurveTo(-0.5, -0.22 + wag, -0.6, -0.2 + wag)
  context.quadraticCurveTo(-0.52, wag, -0.6, 0.2 + wag)
  context.quadraticCurveTo(-0.5, 0.2 + wag, -0.34, 0)
  context.bezierCurveTo(-0.1, 0.24, 0.3, 0.25, 0.5, 0)
  context.fill()
  context.fillStyle = withAlpha(mix(color, '#0a1c34', 0.4), 0.8)
  context.beginPath()
  context.moveTo(0.1, -0.16)
  context.quadraticCurveTo(-0.04, -0.34, -0.16, -0.31)
  context.lineTo(-0.14, -0.14)
  context.fill()
  context.fillStyle = withAlpha('#ffffff', 0.75)
  context.fillRect(0.14, -0.15, 0.045, 0.3)
  context.fillStyle = '#0b1420'
  context.beginPath()
  context.arc(0.33, -0.04, 0.035, 0, 6.2832)
  context.fill()
}

/** A school of fish with one in front. */
export function paintFish(stage: Stage, spot: Spot): Painter {
  const random = stage.random('fish')
  const color = random.pick(['#ff8a3c', '#ffd04a', '#ff5f7a', '#59d0ff'])
  const school = Array.from({ length: 15 }, (_, index) => ({
    x: index === 0 ? 0.5 : random.between(-2.2, 0.9),
    y: index === 0 ? 0 : random.between(-0.9, 0.9),
    scale: index === 0 ? 0.8 : random.between(0.22, 0.5),
    phase: random.between(0, 6.28),
  })).toSorted((a, b) => a.scale - b.scale)
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      for (const { x, y, scale, phase } of school) {
        context.save()
        context.translate(
          spot.x + (x + (progress - 0.5) * (0.8 + scale)) * spot.size,
          spot.y + (y + Math.sin(timeS * 1.2 + phase) * 0.06) * spot.size,
        )
        context.scale(spot.size * scale, spot.size * scale)
        drawFish(context, mix(color, '#0b6496', 0.5 - scale * 0.55), Math.sin(timeS * 7 + phase) * 0.07)
        context.restore()
      }
    })
}
