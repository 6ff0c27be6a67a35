import { withAlpha } from './colors.ts'
import { drawCloud } from './clouds.ts'
import type { Context, Painter, Stage } from './stage.ts'

const GRAIN_STRENGTH = 5

function drawGradient(stage: Stage, context: Context, horizonY: number): void {
  const { sky } = stage.palette
  const gradient = context.createLinearGradient(0, -stage.marginY, 0, horizonY)
  gradient.addColorStop(0, sky[0])
  gradient.addColorStop(0.42, sky[1])
  gradient.addColorStop(0.78, sky[2])
  gradient.addColorStop(1, sky[3])
  context.fillStyle = gradient
  context.fillRect(
    -stage.marginX,
    -stage.marginY,
    stage.width + 2 * stage.marginX,
    stage.height + 2 * stage.marginY,
  )
}

/** Fine noise, so that smooth gradients do not show as bands after the encoder. */
function addGrain(stage: Stage, context: Context): void {
  const { width, height } = context.canvas
  const random = stage.random('grain')
  const image = context.getImageData(0, 0, width, height)
  const { data } = image
  for (let index = 0; index < data.length; index += 4) {
    const grain = (random.next() - 0.5) * GRAIN_STRENGTH
    data[index] = (data[index] ?? 0) + grain
    data[index + 1] = (data[index + 1] ?? 0) + grain
    data[index + 2] = (data[index + 2] ?? 0) + grain
  }
  context.putImageData(image, 0, 0)
}

/** A soft round light that adds to what is below it. */
export function addGlow(
  context: Context,
  x: number,
  y: number,
  radius: number,
  color: string,
  alpha: number,
): void {
  const gradient = context.createRadialGradient(x, y, 0, x, y, radius)
  gradient.addColorStop(0, withAlpha(color, alpha))
  gradient.addColorStop(0.25, withAlpha(color, alpha * 0.45))
  gradient.addColorStop(0.6, withAlpha(color, alpha * 0.12))
  gradient.addColorStop(1, withAlpha(color, 0))
  context.save()
  context.globalCompositeOperation = 'screen'
  context.fillStyle = gradient
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2)
  context.restore()
}

function drawLight(stage: Stage, context: Context): void {
  const { palette, width, height, unit } = stage
  const x = palette.lightX * width
  const y = palette.lightY * height
  addGlow(context, x, y, unit * 0.95, palette.glow, 0.75 * palette.glowStrength)
  addGlow(context, x, y, unit * 0.4, palette.light, 0.6 * palette.glowStrength)
  const radius = palette.lightRadius * unit
  if (radius === 0) return
  context.fillStyle = palette.light
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
  if (palette.stars < 0.5) return
  // The seas of the moon.
  context.fillStyle = withAlpha('#b9bda9', 0.4)
  for (const [dx, dy, size] of [
    [-0.3, -0.25, 0.28],
    [0.25, 0.1, 0.2],
    [-0.1, 0.4, 0.16],
    [0.35, -0.35, 0.12],
  ]) {
    context.beginPath()
    context.arc(x + (dx ?? 0) * radius, y + (dy ?? 0) * radius, (size ?? 0) * radius, 0, 2 * Math.PI)
    context.fill()
  }
}

function drawStars(stage: Stage, context: Context, horizonY: number): void {
  const random = stage.random('stars')
  const count = Math.round(260 * stage.palette.stars)
  for (let index = 0; index < count; index += 1) {
    const x = random.between(-stage.marginX, stage.width + stage.marginX)
    const y = random.between(-stage.marginY, horizonY * 0.95)
    const size = stage.unit * (0.0006 + 0.0016 * random.next() ** 3)
    context.fillStyle = withAlpha(
      '#f2f6ff',
      random.between(0.25, 0.95) * (1 - Math.max(0, y / horizonY) * 0.7),
    )
    context.beginPath()
    context.arc(x, y, Math.max(0.5, size), 0, 2 * Math.PI)
    context.fill()
  }
}

function drawClouds(stage: Stage, context: Context, horizonY: number, count: number): void {
  const random = stage.random('clouds')
  const { palette } = stage
  const isLow = palette.lightY > 0.4
  for (let index = 0; index < count; index += 1) {
    const y = horizonY * random.between(0.1, isLow ? 0.82 : 0.72)
    const nearness = 1 - y / horizonY
    drawCloud(context, random, {
      x: random.between(-stage.marginX, stage.width + stage.marginX),
      y,
      size: stage.unit * random.between(0.1, 0.2) * (0.5 + nearness),
      flatness: isLow ? random.between(0.1, 0.2) : random.between(0.28, 0.42),
      lit: palette.cloudLit,
      shade: palette.cloudShade,
      alpha: palette.darkness > 0.9 ? 0.5 : random.between(0.5, 0.9),
    })
  }
}

/** Sky, light, stars and slow clouds above `horizonY`. */
export function paintSky(stage: Stage, horizonY: number): Painter {
  const isCovered =
    ['rain', 'storm', 'fog', 'snow'].includes(stage.scene.weather) || stage.scene.time === 'overcast'
  const back = stage.still(0, (context) => {
    drawGradient(stage, context, horizonY)
    drawStars(stage, context, horizonY)
    drawLight(stage, context)
    addGrain(stage, context)
  })
  const clouds = stage.drifting(0.08, 0.004, (context) =>
    drawClouds(stage, context, horizonY, isCovered ? 16 : 8),
  )
  return (moment) => {
    back(moment)
    clouds(moment)
  }
}
