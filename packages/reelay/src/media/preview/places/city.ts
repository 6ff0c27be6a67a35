import { createCanvas, type Canvas } from '@napi-rs/canvas'
import { mix, withAlpha } from '../colors.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { addGlow, paintSky } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'

const GROUND = 0.73
const NEON = ['#ff4d8d', '#38d6ff', '#ffb238', '#9d6bff', '#45f0b0', '#ff6a4d'] as const

interface Row {
  readonly nearness: number
  readonly count: number
  readonly height: number
}

interface Tower {
  readonly x: number
  readonly topY: number
  readonly width: number
  readonly height: number
}

function towersOf(stage: Stage, row: Row): Tower[] {
  const random = stage.random(`towers ${row.nearness}`)
  const span = stage.width + 2 * stage.marginX
  return Array.from({ length: row.count }, (_, index) => {
    const x = -stage.marginX + (span * (index + random.between(-0.1, 0.3))) / row.count
    // A street opens in the middle, where the sky comes down.
    const aside = Math.min(1, Math.abs((x + span / row.count / 2) / stage.width - 0.5) * 2)
    const share = random.between(0.5, 1) * (0.5 + 0.5 * aside)
    const height = stage.height * row.height * share
    return {
      x,
      topY: stage.height * GROUND - height,
      width: (span / row.count) * random.between(0.8, 1.1),
      height,
    }
  })
}

function drawWindows(
  stage: Stage,
  context: Context,
  random: SeededRandom,
  tower: Tower,
  nearness: number,
): void {
  const { darkness } = stage.palette
  const pitch = stage.unit * (0.011 + 0.011 * nearness)
  const columns = Math.floor((tower.width - pitch) / pitch)
  const rows = Math.floor((tower.height - pitch * 1.4) / (pitch * 1.3))
  const litShare = darkness > 0.5 ? random.between(0.25, 0.6) : 0.1
  const tint = random.pick(['#ffd98a', '#ffe7b8', '#ffc36b', '#cfe6ff'])
  for (let row = 0; row < rows; row += 1) {
    const isFloorLit = random.next() < 0.12
    for (let column = 0; column < columns; column += 1) {
      const chance = random.next()
      if (!(isFloorLit ? chance < 0.9 : chance < litShare)) continue
      const alpha = random.between(0.35, 0.95) * (0.45 + 0.55 * nearness) * Math.max(0.3, darkness)
      context.fillStyle = withAlpha(tint, alpha)
      const x = tower.x + pitch * (0.75 + column)
      const y = tower.topY + pitch * (1 + row * 1.3)
      context.fillRect(x, y, pitch * 0.5, pitch * 0.66)
    }
  }
}

function drawTower(
  stage: Stage,
  context: Context,
  random: SeededRandom,
  tower: Tower,
  nearness: number,
): void {
  const { palette } = stage
  const tone = mix(palette.haze, palette.ink, 0.3 + 0.55 * nearness)
  const gradient = context.createLinearGradient(0, tower.topY, 0, tower.topY + tower.height)
  gradient.addColorStop(0, tone)
  gradient.addColorStop(1, mix(tone, palette.haze, 0.4 - 0.2 * nearness))
  context.fillStyle = gradient
  context.fillRect(tower.x, tower.topY, tower.width, tower.height)
  const top = random.next()
  if (top < 0.35) {
    context.fillRect(
      tower.x + tower.width * 0.2,
      tower.topY - tower.height * 0.05,
      tower.width * 0.6,
      tower.height * 0.06,
    )
  }
  if (top > 0.7) {
    const mast = tower.x + tower.width * 0.5
    context.fillRect(
      mast - stage.unit * 0.0012,
      tower.topY - stage.height * 0.06,
      stage.unit * 0.0024,
      stage.height * 0.06,
    )
    if (palette.darkness > 0.5)
      addGlow(context, mast, tower.topY - stage.height * 0.06, stage.unit * 0.02, '#ff5040', 1)
  }
  drawWindows(stage, context, random, tower, nearness)
  // The edge that faces the light.
  context.fillStyle = withAlpha(palette.glow, 0.1 + 0.08 * nearness)
  const edge = Math.max(1, stage.unit * 0.003)
  context.fillRect(
    tower.x < stage.width * palette.lightX ? tower.x + tower.width - edge : tower.x,
    tower.topY,
    edge,
    tower.height,
  )
}

function drawSign(stage: Stage, context: Context, random: SeededRandom, tower: Tower): void {
  const color = random.pick(NEON)
  const isTall = random.next() < 0.65
  const width = stage.unit * (isTall ? 0.022 : random.between(0.06, 0.1))
  const height = stage.unit * (isTall ? random.between(0.09, 0.17) : 0.026)
  const x = tower.x + random.between(0.1, 0.8) * Math.max(1, tower.width - width)
  const y = Math.max(tower.topY + height * 0.3, stage.height * (GROUND - random.between(0.1, 0.32)))
  addGlow(context, x + width / 2, y + height / 2, Math.max(width, height) * 1.7, color, 0.6)
  context.fillStyle = withAlpha(mix(color, '#0a0a18', 0.72), 0.95)
  context.beginPath()
  context.roundRect(x, y, width, height, width * 0.15)
  context.fill()
  context.strokeStyle = color
  context.lineWidth = Math.max(1, stage.unit * 0.0024)
  context.stroke()
  const marks = 4
  context.fillStyle = mix(color, '#ffffff', 0.55)
  for (let mark = 0; mark < marks; mark += 1) {
    const share = (mark + 0.5) / marks
    const size = Math.min(width, height) * 0.46
    const markX = isTall ? x + width / 2 : x + width * share
    const markY = isTall ? y + height * share : y + height / 2
    context.fillRect(markX - size / 2, markY - size / 2, size * random.between(0.5, 1), size * 0.28)
    context.fillRect(markX - size / 2, markY + size * 0.1, size, size * 0.26)
  }
}

function drawRow(stage: Stage, context: Context, row: Row): void {
  const random = stage.random(`facades ${row.nearness}`)
  const towers = towersOf(stage, row)
  for (const tower of towers) drawTower(stage, context, random, tower, row.nearness)
  if (row.nearness < 0.5 || stage.palette.darkness < 0.5) return
  for (const tower of towers) if (random.next() < 0.85) drawSign(stage, context, random, tower)
}

function drawHaze(stage: Stage, context: Context, alpha: number): void {
  const top = stage.height * (GROUND - 0.34)
  const color = stage.palette.darkness > 0.5 ? mix(stage.palette.haze, '#c86a8f', 0.45) : stage.palette.haze
  const gradient = context.createLinearGradient(0, top, 0, stage.height * GROUND)
  gradient.addColorStop(0, withAlpha(color, 0))
  gradient.addColorStop(1, withAlpha(color, alpha))
  context.fillStyle = gradient
  context.fillRect(-stage.marginX, top, stage.width + 2 * stage.marginX, stage.height * 0.34)
}

function drawSkyline(stage: Stage, context: Context): void {
  drawRow(stage, context, { nearness: 0, count: 26, height: 0.46 })
  drawHaze(stage, context, 0.55)
  drawRow(stage, context, { nearness: 0.5, count: 15, height: 0.58 })
  drawHaze(stage, context, 0.4)
  drawRow(stage, context, { nearness: 1, count: 9, height: 0.72 })
  drawHaze(stage, context, 0.22)
}

/** The skyline upside down and smeared, as a wet street or a river shows it. */
function drawReflection(stage: Stage, context: Context, skyline: Canvas): void {
  const { width, height, marginX, marginY, palette } = stage
  const ground = height * GROUND
  context.fillStyle = mix(palette.ink, palette.sky[1], 0.25)
  context.fillRect(-marginX, ground, width + 2 * marginX, height * 0.5)
  context.save()
  context.beginPath()
  context.rect(-marginX, ground, width + 2 * marginX, height)
  context.clip()
  context.translate(0, ground * 1.72)
  context.scale(1, -0.72)
  context.globalAlpha = 0.3
  for (const [dx, dy] of [
    [0, 0],
    [0, 14],
    [0, -14],
    [3, 28],
    [-3, -28],
  ] as const) {
    context.drawImage(skyline, -marginX + (dx * width) / 1280, -marginY + (dy * height) / 720)
  }
  context.restore()
  const shade = context.createLinearGradient(0, ground, 0, height)
  shade.addColorStop(0, withAlpha(palette.ink, 0.15))
  shade.addColorStop(1, withAlpha(palette.ink, 0.82))
  context.fillStyle = shade
  context.fillRect(-marginX, ground, width + 2 * marginX, height * 0.5)
}

/** Lamps of cars that pass, out of focus, with their streaks on the ground. */
function paintTraffic(stage: Stage): Painter {
  const random = stage.random('traffic')
  const { width, height, unit } = stage
  const lamps = Array.from({ length: 18 }, (_, index) => {
    const isComing = index % 2 === 0
    return {
      isComing,
      start: random.next(),
      speed: random.between(0.03, 0.075) * (isComing ? 1 : -1),
      y: height * (isComing ? 0.785 : 0.76) + random.between(-0.006, 0.006) * height,
      size: unit * random.between(0.006, 0.011),
    }
  })
  return (moment) =>
    stage.at(moment, 0.75, (context) => {
      for (const lamp of lamps) {
        const share = (((lamp.start + lamp.speed * moment.timeS) % 1) + 1) % 1
        const x = (share * 1.3 - 0.15) * width
        const color = lamp.isComing ? '#fff0cf' : '#ff4a3d'
        addGlow(context, x, lamp.y, lamp.size * 5, color, 0.7)
        context.save()
        context.translate(x, lamp.y + lamp.size * 7)
        context.scale(1, 6)
        addGlow(context, 0, 0, lamp.size * 2, color, 0.28)
        context.restore()
        context.fillStyle = mix(color, '#ffffff', 0.5)
        context.beginPath()
        context.arc(x, lamp.y, lamp.size * 0.5, 0, 6.2832)
        context.fill()
      }
    })
}

function paintRipples(stage: Stage): Painter {
  const random = stage.random('ripples')
  const { width, height, palette } = stage
  const lines = Array.from({ length: 46 }, () => ({
    x: random.next(),
    y: random.next() ** 0.8,
    length: random.between(0.04, 0.16),
    phase: random.between(0, 6.28),
  }))
  return ({ context, timeS }) => {
    for (const { x, y, length, phase } of lines) {
      const alpha = 0.05 + 0.05 * Math.sin(timeS * 1.6 + phase)
      context.fillStyle = withAlpha(palette.cloudLit, alpha)
      const left = (x * 1.2 - 0.1) * width + Math.sin(timeS * 0.8 + phase) * width * 0.01
      context.fillRect(
        left,
        height * (GROUND + 0.02 + y * 0.26),
        length * width,
        Math.max(1, height * 0.0018),
      )
    }
  }
}

/** Towers along a street that mirrors them. */
export function paintCity(stage: Stage): { back: Painter; front: Painter } {
  const { width, height, marginX, marginY } = stage
  const skyline = createCanvas(width + 2 * marginX, height + 2 * marginY)
  const skylineContext = skyline.getContext('2d')
  skylineContext.translate(marginX, marginY)
  drawSkyline(stage, skylineContext)
  const sky = paintSky(stage, height * GROUND)
  const town = stage.still(0.4, (context) => {
    context.drawImage(skyline, -marginX, -marginY)
    drawReflection(stage, context, skyline)
  })
  const ripples = paintRipples(stage)
  const traffic = paintTraffic(stage)
  return {
    back: (moment) => {
      sky(moment)
      town(moment)
      ripples(moment)
      traffic(moment)
    },
    front: () => {},
  }
}
