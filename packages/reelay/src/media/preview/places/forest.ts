import { mix, withAlpha } from '../colors.ts'
import { createNoise, layeredNoise } from '../noise.ts'
import { addGlow, paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import { drawConifer } from './conifer.ts'

const GROUND = 0.78

function drawMist(stage: Stage, context: Context, y: number, alpha: number): void {
  const gradient = context.createLinearGradient(0, y - stage.height * 0.3, 0, y + stage.height * 0.06)
  gradient.addColorStop(0, withAlpha(stage.palette.haze, 0))
  gradient.addColorStop(0.8, withAlpha(stage.palette.haze, alpha))
  gradient.addColorStop(1, withAlpha(stage.palette.haze, 0))
  context.fillStyle = gradient
  context.fillRect(
    -stage.marginX,
    y - stage.height * 0.3,
    stage.width + 2 * stage.marginX,
    stage.height * 0.36,
  )
}

function drawFirs(
  stage: Stage,
  context: Context,
  row: { nearness: number; count: number; height: number },
): void {
  const random = stage.random(`firs ${row.nearness}`)
  const { palette } = stage
  const base = mix(palette.haze, palette.land[3], 0.28 + 0.62 * row.nearness)
  const snow =
    stage.scene.weather === 'snow' ? mix(palette.haze, '#f4f8ff', 0.4 + 0.3 * row.nearness) : undefined
  const span = stage.width + 2 * stage.marginX
  for (let index = 0; index < row.count; index += 1) {
    const x = -stage.marginX + (span * (index + random.next())) / row.count
    // A glade in the middle lets the light through.
    const aside = Math.min(1, Math.abs(x / stage.width - 0.52) * 2.1)
    const height = stage.height * row.height * random.between(0.75, 1.1) * (0.62 + 0.38 * aside)
    const color = mix(base, palette.glow, random.between(0, 0.08))
    const baseY = stage.height * (GROUND - 0.06 + 0.06 * row.nearness) + height * 0.03
    drawConifer(context, random, { x, baseY, height, color, snow })
  }
}

function drawGround(stage: Stage, context: Context): void {
  const { palette, width, height } = stage
  const noise = createNoise(stage.random('floor'))
  const isSnowy = stage.scene.weather === 'snow'
  const gradient = context.createLinearGradient(0, height * (GROUND - 0.05), 0, height)
  const lit = isSnowy ? mix('#eef4fb', palette.haze, 0.35) : mix(palette.land[2], palette.haze, 0.22)
  gradient.addColorStop(0, lit)
  gradient.addColorStop(
    1,
    isSnowy ? mix('#cfdcec', palette.ink, 0.3) : mix(palette.land[3], palette.ink, 0.4),
  )
  context.fillStyle = gradient
  context.beginPath()
  for (let x = -stage.marginX; x <= width + stage.marginX; x += 4) {
    context.lineTo(x, height * (GROUND - 0.03 * (layeredNoise(noise, (x / width) * 4, 3) - 0.5)))
  }
  context.lineTo(width + stage.marginX, height + stage.marginY)
  context.lineTo(-stage.marginX, height + stage.marginY)
  context.fill()
  addGlow(context, width * 0.52, height * (GROUND + 0.03), stage.unit * 0.5, palette.glow, 0.28)
}

/** Trunks so near that their tops are outside the picture; they frame it. */
function drawTrunks(stage: Stage, context: Context): void {
  const random = stage.random('trunks')
  const { palette, width, height } = stage
  for (const place of [-0.04, 0.06, 0.17, 0.86, 0.95, 1.06]) {
    const x = (place + random.between(-0.025, 0.025)) * width
    const half = stage.unit * random.between(0.018, 0.045)
    const gradient = context.createLinearGradient(x - half, 0, x + half, 0)
    const bark = mix(palette.ink, palette.land[3], 0.35)
    const towards = place < 0.5 ? 1 : 0
    gradient.addColorStop(1 - towards, mix(bark, palette.ink, 0.5))
    gradient.addColorStop(0.5, bark)
    gradient.addColorStop(towards, mix(bark, palette.haze, 0.3))
    context.fillStyle = gradient
    context.beginPath()
    context.moveTo(x - half * 0.75, -stage.marginY)
    context.lineTo(x + half * 0.75, -stage.marginY)
    context.quadraticCurveTo(x + half * 0.8, height * 0.7, x + half * 1.9, height * 0.93)
    context.lineTo(x - half * 1.9, height * 0.93)
    context.quadraticCurveTo(x - half * 0.8, height * 0.7, x - half * 0.75, -stage.marginY)
    context.fill()
  }
}

function drawUndergrowth(stage: Stage, context: Context): void {
  const random = stage.random('ferns')
  const { palette, width, height } = stage
  for (let index = 0; index < 260; index += 1) {
    const x = random.between(-stage.marginX, width + stage.marginX)
    const edge = Math.abs(x / width - 0.5) * 2
    const y = height * random.between(0.95, 1.06) - edge * height * 0.03
    const length = stage.unit * random.between(0.05, 0.13) * (0.45 + 0.8 * edge)
    const lean = random.between(-0.6, 0.6)
    context.strokeStyle = mix(palette.ink, palette.land[2], random.between(0, 0.4))
    context.lineWidth = Math.max(1, stage.unit * random.between(0.003, 0.006))
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(x, y)
    context.quadraticCurveTo(x + lean * length * 0.3, y - length * 0.8, x + lean * length, y - length)
    context.stroke()
  }
}

/** Shafts of light from above the glade, slowly brightening and fading. */
function paintShafts(stage: Stage): Painter {
  const random = stage.random('shafts')
  const { width, height, palette } = stage
  const shafts = Array.from({ length: 6 }, () => ({
    x: random.between(0.3, 0.85) * width,
    spread: random.between(0.02, 0.07) * width,
    phase: random.between(0, 6.28),
  }))
  const strength = palette.darkness > 0.9 ? 0.1 : 0.22
  return (moment) =>
    stage.at(moment, 0.4, (context) => {
      context.save()
      context.globalCompositeOperation = 'screen'
      for (const { x, spread, phase } of shafts) {
        const alpha = strength * (0.55 + 0.45 * Math.sin(moment.timeS * 0.6 + phase))
        const gradient = context.createLinearGradient(x, 0, x - width * 0.16, height * 0.9)
        gradient.addColorStop(0, withAlpha(palette.glow, alpha))
        gradient.addColorStop(1, withAlpha(palette.glow, 0))
        context.fillStyle = gradient
        context.beginPath()
        context.moveTo(x - spread * 0.4, -stage.marginY)
        context.lineTo(x + spread * 0.4, -stage.marginY)
        context.lineTo(x - width * 0.16 + spread, height * 0.9)
        context.lineTo(x - width * 0.16 - spread, height * 0.9)
        context.fill()
      }
      context.restore()
    })
}

/** A glade among firs. */
export function paintForest(stage: Stage): { back: Painter; front: Painter } {
  const sky = paintSky(stage, stage.height * 0.72)
  const back = [
    stage.still(0.12, (context) => {
      drawFirs(stage, context, { nearness: 0, count: 46, height: 0.42 })
      drawMist(stage, context, stage.height * 0.74, 0.65)
    }),
    stage.still(0.3, (context) => {
      drawFirs(stage, context, { nearness: 0.35, count: 30, height: 0.56 })
      drawMist(stage, context, stage.height * 0.76, 0.55)
    }),
    stage.still(0.5, (context) => {
      drawFirs(stage, context, { nearness: 0.7, count: 15, height: 0.74 })
      drawMist(stage, context, stage.height * 0.79, 0.35)
      drawGround(stage, context)
    }),
    paintShafts(stage),
  ]
  const front = stage.still(1, (context) => {
    drawTrunks(stage, context)
    drawUndergrowth(stage, context)
  })
  return {
    back: (moment) => {
      sky(moment)
      for (const layer of back) layer(moment)
    },
    front,
  }
}
