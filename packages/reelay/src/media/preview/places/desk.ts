import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import { drawBooks, drawLamp, drawMug, drawPlant, drawSheets } from './desk-things.ts'

const EDGE = 0.7

function wallTone(stage: Stage): string {
  return mix(mix('#d9c3a5', stage.palette.haze, 0.35), '#0d1330', stage.palette.darkness * 0.72)
}

function drawWall(stage: Stage, context: Context): void {
  const { width, height, marginX, marginY, palette } = stage
  const tone = wallTone(stage)
  const gradient = context.createLinearGradient(-marginX, 0, width + marginX, height * EDGE)
  gradient.addColorStop(0, mix(tone, palette.glow, 0.25))
  gradient.addColorStop(0.55, tone)
  gradient.addColorStop(1, mix(tone, palette.ink, 0.42))
  context.fillStyle = gradient
  context.fillRect(-marginX, -marginY, width + 2 * marginX, height + 2 * marginY)
}

/** A window on the left with the sky of the hour, out of focus. */
function drawWindow(stage: Stage, context: Context): void {
  const { width, height, palette, unit } = stage
  const [x, y, w, h] = [width * 0.08, height * 0.06, width * 0.36, height * 0.52]
  const sky = context.createLinearGradient(0, y, 0, y + h)
  sky.addColorStop(0, palette.sky[1])
  sky.addColorStop(0.6, palette.sky[2])
  sky.addColorStop(1, palette.sky[3])
  context.fillStyle = sky
  context.fillRect(x, y, w, h)
  context.save()
  context.beginPath()
  context.rect(x, y, w, h)
  context.clip()
  const random = stage.random('outside')
  for (let index = 0; index < 26; index += 1) {
    const size = unit * random.between(0.05, 0.11)
    const leafX = x + w * random.next()
    const leafY = y + h * (1.05 - 0.42 * random.next() ** 1.6)
    const color = mix(palette.land[1], palette.land[2], random.next())
    const blob = context.createRadialGradient(leafX, leafY, 0, leafX, leafY, size)
    blob.addColorStop(0, withAlpha(color, 0.75))
    blob.addColorStop(0.7, withAlpha(color, 0.5))
    blob.addColorStop(1, withAlpha(color, 0))
    context.fillStyle = blob
    context.fillRect(leafX - size, leafY - size, size * 2, size * 2)
  }
  addGlow(context, x + w * 0.68, y + h * 0.3, unit * 0.42, palette.light, 0.8)
  context.restore()
  const frame = mix('#f6efe2', wallTone(stage), 0.35 + palette.darkness * 0.4)
  context.strokeStyle = frame
  context.lineWidth = unit * 0.02
  context.strokeRect(x, y, w, h)
  context.lineWidth = unit * 0.011
  context.beginPath()
  context.moveTo(x + w / 2, y)
  context.lineTo(x + w / 2, y + h)
  context.moveTo(x, y + h * 0.48)
  context.lineTo(x + w, y + h * 0.48)
  context.stroke()
  context.fillStyle = mix(frame, '#ffffff', 0.15)
  context.fillRect(x - unit * 0.03, y + h, w + unit * 0.06, unit * 0.022)
  addGlow(context, x + w / 2, y + h / 2, unit * 0.85, palette.glow, 0.4)
}

/** Pictures on the wall, a little out of focus. */
function drawFrames(stage: Stage, context: Context): void {
  const { width, height, unit, palette } = stage
  for (const [left, top, w, h] of [
    [0.55, 0.13, 0.12, 0.17],
    [0.69, 0.09, 0.085, 0.24],
  ] as const) {
    const [x, y] = [left * width, top * height]
    context.fillStyle = withAlpha('#1c1410', 0.2)
    context.fillRect(x + unit * 0.008, y + unit * 0.01, w * width, h * height)
    context.fillStyle = mix('#3b2a20', palette.ink, 0.2)
    context.fillRect(x, y, w * width, h * height)
    const inner = unit * 0.012
    const art = context.createLinearGradient(0, y, 0, y + h * height)
    art.addColorStop(0, mix(palette.sky[2], '#f2e6d0', 0.5))
    art.addColorStop(0.6, mix(palette.land[0], '#f2e6d0', 0.3))
    art.addColorStop(1, palette.land[2])
    context.fillStyle = art
    context.fillRect(x + inner, y + inner, w * width - inner * 2, h * height - inner * 2)
  }
}

function drawTop(stage: Stage, context: Context): void {
  const { width, height, marginX, unit, palette } = stage
  const top = height * EDGE
  const wood = mix('#a9713f', '#141a3a', palette.darkness * 0.6)
  const gradient = context.createLinearGradient(0, top, 0, height * 1.1)
  gradient.addColorStop(0, mix(wood, palette.glow, 0.38))
  gradient.addColorStop(0.25, wood)
  gradient.addColorStop(1, mix(wood, '#2a1408', 0.55))
  context.fillStyle = gradient
  context.fillRect(-marginX, top, width + 2 * marginX, height)
  const random = stage.random('grain of wood')
  for (let index = 0; index < 90; index += 1) {
    const y = top + height * 0.42 * random.next() ** 1.4
    const x = random.between(-marginX, width)
    const length = width * random.between(0.1, 0.5)
    context.strokeStyle = withAlpha(random.next() < 0.6 ? '#4a2710' : '#e0aa72', random.between(0.05, 0.16))
    context.lineWidth = Math.max(0.6, unit * random.between(0.0008, 0.0026))
    context.beginPath()
    context.moveTo(x, y)
    context.bezierCurveTo(
      x + length * 0.3,
      y + unit * 0.006,
      x + length * 0.6,
      y - unit * 0.006,
      x + length,
      y,
    )
    context.stroke()
  }
  context.fillStyle = withAlpha('#fff3dc', 0.35)
  context.fillRect(-marginX, top, width + 2 * marginX, Math.max(1, unit * 0.003))
}

/** The window's light as it falls on the table. */
function drawPool(stage: Stage, context: Context): void {
  const { width, height, palette } = stage
  context.save()
  context.globalCompositeOperation = 'screen'
  for (const [from, to] of [
    [0.2, 0.36],
    [0.39, 0.55],
  ] as const) {
    const gradient = context.createLinearGradient(0, height * EDGE, 0, height)
    gradient.addColorStop(0, withAlpha(palette.glow, 0.36))
    gradient.addColorStop(1, withAlpha(palette.glow, 0.04))
    context.fillStyle = gradient
    context.beginPath()
    context.moveTo(width * from, height * EDGE)
    context.lineTo(width * to, height * EDGE)
    context.lineTo(width * (to + 0.17), height * 1.1)
    context.lineTo(width * (from + 0.13), height * 1.1)
    context.fill()
  }
  context.restore()
}

/** Dust in the light. */
function paintDust(stage: Stage): Painter {
  const random = stage.random('dust')
  const { width, height, unit, palette } = stage
  const motes = Array.from({ length: 46 }, () => ({
    x: random.between(0.1, 0.8),
    y: random.between(0.1, 0.85),
    size: unit * random.between(0.0012, 0.0034),
    phase: random.between(0, 6.28),
  }))
  return ({ context, timeS }) => {
    for (const { x, y, size, phase } of motes) {
      const alpha = 0.28 + 0.26 * Math.sin(timeS * 1.3 + phase)
      context.fillStyle = withAlpha(mix(palette.light, '#ffffff', 0.4), Math.max(0, alpha))
      const moteX = x * width + Math.sin(timeS * 0.4 + phase) * width * 0.02
      const moteY = y * height - ((timeS * height * 0.012 + phase * 9) % (height * 0.1))
      context.beginPath()
      context.arc(moteX, moteY, size, 0, 6.2832)
      context.fill()
    }
  }
}

/** A wooden desk by a window. */
export function paintDesk(stage: Stage): { back: Painter; front: Painter } {
  const wall = stage.still(0.15, (context) => {
    drawWall(stage, context)
    drawWindow(stage, context)
    drawFrames(stage, context)
  })
  const table = stage.still(0.6, (context) => {
    drawTop(stage, context)
    drawPool(stage, context)
    drawPlant(stage, context, stage.width * 0.09, stage.height * 0.745)
    drawBooks(stage, context, stage.width * 0.72, stage.height * 0.76)
    drawLamp(stage, context, stage.width * 0.9, stage.height * 0.77)
    drawSheets(stage, context, stage.width * 0.42, stage.height * 0.86)
    drawMug(stage, context, stage.width * 0.25, stage.height * 0.85)
  })
  const dust = paintDust(stage)
  return {
    back: (moment) => {
      wall(moment)
      table(moment)
    },
    front: dust,
  }
}
