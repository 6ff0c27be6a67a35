import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Stage } from '../stage.ts'

type Gradient = ReturnType<Context['createLinearGradient']>

/** Things that stand on a desk. Each is drawn with the middle of its foot at (x, y). */
function drawShadow(context: Context, x: number, y: number, width: number): void {
  context.save()
  context.translate(x + width * 0.28, y)
  context.scale(1, 0.16)
  const shadow = context.createRadialGradient(0, 0, 0, 0, 0, width)
  shadow.addColorStop(0, 'rgba(20, 8, 2, 0.55)')
  shadow.addColorStop(1, 'rgba(20, 8, 2, 0)')
  context.fillStyle = shadow
  context.fillRect(-width, -width, width * 2, width * 2)
  context.restore()
}

function dimmed(stage: Stage, color: string): string {
  return mix(color, '#101636', stage.palette.darkness * 0.55)
}

/** From the light on the left to the shade on the right. */
function across(stage: Stage, context: Context, x: number, half: number, color: string): Gradient {
  const base = dimmed(stage, color)
  const gradient = context.createLinearGradient(x - half, 0, x + half, 0)
  gradient.addColorStop(0, mix(base, stage.palette.light, 0.35))
  gradient.addColorStop(0.35, base)
  gradient.addColorStop(1, mix(base, '#120a08', 0.5))
  return gradient
}

export function drawMug(stage: Stage, context: Context, x: number, y: number): void {
  const size = stage.unit * 0.06
  drawShadow(context, x, y, size * 1.7)
  context.strokeStyle = dimmed(stage, '#c9503f')
  context.lineWidth = size * 0.2
  context.beginPath()
  context.arc(x + size * 0.78, y - size * 0.85, size * 0.36, -1.3, 1.4)
  context.stroke()
  context.fillStyle = across(stage, context, x, size * 0.8, '#dd5f48')
  context.beginPath()
  context.moveTo(x - size * 0.72, y - size * 1.5)
  context.lineTo(x - size * 0.64, y - size * 0.1)
  context.quadraticCurveTo(x, y + size * 0.2, x + size * 0.64, y - size * 0.1)
  context.lineTo(x + size * 0.72, y - size * 1.5)
  context.fill()
  context.fillStyle = dimmed(stage, '#f3c9b6')
  context.beginPath()
  context.ellipse(x, y - size * 1.5, size * 0.72, size * 0.2, 0, 0, 6.2832)
  context.fill()
  context.fillStyle = dimmed(stage, '#3a1d10')
  context.beginPath()
  context.ellipse(x, y - size * 1.47, size * 0.6, size * 0.14, 0, 0, 6.2832)
  context.fill()
}

export function drawBooks(stage: Stage, context: Context, x: number, y: number): void {
  const width = stage.unit * 0.24
  const thickness = stage.unit * 0.034
  drawShadow(context, x, y, width * 0.75)
  const spines = ['#2f5d73', '#b8513c', '#d7a545', '#45684b']
  spines.forEach((color, index) => {
    const shift = [0, 0.06, -0.04, 0.02][index] ?? 0
    const scale = 1 - index * 0.06
    const left = x - (width * scale) / 2 + shift * width
    const top = y - thickness * (index + 1)
    context.fillStyle = across(stage, context, x, width * 0.6, color)
    context.beginPath()
    context.roundRect(left, top, width * scale, thickness * 0.94, thickness * 0.16)
    context.fill()
    context.fillStyle = withAlpha('#fff2d4', 0.5)
    context.fillRect(left + width * 0.08, top + thickness * 0.2, width * 0.02, thickness * 0.54)
    context.fillRect(left + width * scale * 0.84, top + thickness * 0.2, width * 0.02, thickness * 0.54)
  })
}

export function drawPlant(stage: Stage, context: Context, x: number, y: number): void {
  const size = stage.unit * 0.1
  drawShadow(context, x, y, size)
  const random = stage.random('plant')
  for (let index = 0; index < 17; index += 1) {
    const angle = -Math.PI / 2 + random.between(-1.15, 1.15)
    const length = size * random.between(1.1, 2)
    const tipX = x + Math.cos(angle) * length
    const tipY = y - size * 0.85 + Math.sin(angle) * length
    const bend = random.between(-0.3, 0.3) * size
    context.fillStyle = dimmed(stage, mix('#2e5b3a', '#8fb357', random.next()))
    context.beginPath()
    context.moveTo(x, y - size * 0.85)
    context.quadraticCurveTo((x + tipX) / 2 + bend, (y + tipY) / 2 - size * 0.7, tipX, tipY)
    context.quadraticCurveTo(
      (x + tipX) / 2 - bend - size * 0.2,
      (y + tipY) / 2 - size * 0.2,
      x,
      y - size * 0.85,
    )
    context.fill()
  }
  context.fillStyle = across(stage, context, x, size * 0.5, '#d0754a')
  context.beginPath()
  context.moveTo(x - size * 0.5, y - size * 0.95)
  context.lineTo(x - size * 0.36, y)
  context.quadraticCurveTo(x, y + size * 0.1, x + size * 0.36, y)
  context.lineTo(x + size * 0.5, y - size * 0.95)
  context.fill()
}

export function drawLamp(stage: Stage, context: Context, x: number, y: number): void {
  const size = stage.unit * 0.34
  drawShadow(context, x, y, size * 0.4)
  const metal = dimmed(stage, '#3c4650')
  context.strokeStyle = metal
  context.lineWidth = size * 0.035
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x + size * 0.16, y - size * 0.55)
  context.lineTo(x - size * 0.22, y - size * 0.98)
  context.stroke()
  context.fillStyle = metal
  context.beginPath()
  context.ellipse(x, y, size * 0.2, size * 0.045, 0, 0, 6.2832)
  context.fill()
  context.save()
  context.translate(x - size * 0.22, y - size * 0.98)
  context.rotate(0.55)
  context.fillStyle = across(stage, context, 0, size * 0.2, '#e0b24a')
  context.beginPath()
  context.moveTo(-size * 0.08, -size * 0.1)
  context.lineTo(size * 0.08, -size * 0.1)
  context.lineTo(size * 0.2, size * 0.16)
  context.lineTo(-size * 0.2, size * 0.16)
  context.fill()
  context.fillStyle = '#fff4cf'
  context.beginPath()
  context.ellipse(0, size * 0.16, size * 0.19, size * 0.04, 0, 0, 6.2832)
  context.fill()
  context.restore()
  const strength = 0.25 + stage.palette.darkness * 0.6
  addGlow(
    context,
    x - size * 0.34,
    y - size * 0.76,
    size * (0.8 + stage.palette.darkness),
    '#ffd58a',
    strength,
  )
}

export function drawSheets(stage: Stage, context: Context, x: number, y: number): void {
  const size = stage.unit * 0.15
  for (const [dx, dy, turn, tone] of [
    [0.5, -0.1, 0.2, '#e8dcc4'],
    [0, 0, -0.08, '#fbf5e6'],
  ] as const) {
    context.save()
    context.translate(x + dx * size, y + dy * size)
    context.transform(1, 0, -0.45 + turn, 0.36, 0, 0)
    context.fillStyle = 'rgba(30, 12, 4, 0.25)'
    context.fillRect(-size * 0.86, -size * 0.52, size * 1.8, size * 1.2)
    context.fillStyle = dimmed(stage, tone)
    context.fillRect(-size * 0.9, -size * 0.6, size * 1.8, size * 1.2)
    context.fillStyle = withAlpha('#59606e', 0.34)
    for (let line = 0; line < 6; line += 1) {
      context.fillRect(
        -size * 0.7,
        -size * (0.42 - line * 0.15),
        size * (line === 5 ? 0.7 : 1.35),
        size * 0.026,
      )
    }
    context.restore()
  }
  context.save()
  context.translate(x + size * 1.3, y + size * 0.12)
  context.rotate(-0.28)
  context.fillStyle = dimmed(stage, '#e9b23c')
  context.fillRect(-size * 0.6, -size * 0.028, size * 1.05, size * 0.056)
  context.fillStyle = dimmed(stage, '#f1d8b0')
  context.beginPath()
  context.moveTo(-size * 0.6, -size * 0.028)
  context.lineTo(-size * 0.72, 0)
  context.lineTo(-size * 0.6, size * 0.028)
  context.fill()
  context.restore()
}
