import { mix, withAlpha } from './colors.ts'
import { addGlow } from './sky.ts'
import type { Painter, Stage } from './stage.ts'

function paintRain(stage: Stage, isHeavy: boolean): Painter {
  const random = stage.random('rain')
  const { width, height, unit, palette } = stage
  const drops = Array.from({ length: isHeavy ? 260 : 180 }, () => ({
    x: random.between(-0.2, 1.2),
    start: random.next(),
    nearness: random.next() ** 2,
  }))
  const color = mix(palette.cloudLit, '#ffffff', 0.55)
  const slant = isHeavy ? 0.3 : 0.16
  return ({ context, timeS }) => {
    context.save()
    context.lineCap = 'round'
    for (const { x, start, nearness } of drops) {
      const share = (start + timeS * (1 + 0.9 * nearness)) % 1
      const length = unit * (0.025 + 0.06 * nearness)
      const y = share * (height + length * 2) - length
      const left = x * width - (share - 0.5) * height * slant
      context.strokeStyle = withAlpha(color, 0.12 + 0.26 * nearness)
      context.lineWidth = Math.max(0.6, unit * (0.0009 + 0.0016 * nearness))
      context.beginPath()
      context.moveTo(left, y)
      context.lineTo(left - length * slant, y + length)
      context.stroke()
    }
    context.restore()
  }
}

function paintLightning(stage: Stage): Painter {
  const { width, height } = stage
  return ({ context, timeS }) => {
    const phase = timeS % 2.7
    const strength = phase < 0.09 || (phase > 0.16 && phase < 0.22) ? 0.42 : 0
    if (strength === 0) return
    context.save()
    context.globalCompositeOperation = 'screen'
    context.fillStyle = withAlpha('#cfdcff', strength)
    context.fillRect(0, 0, width, height)
    context.restore()
  }
}

function paintSnow(stage: Stage): Painter {
  const random = stage.random('snow')
  const { width, height, unit } = stage
  const flakes = Array.from({ length: 190 }, () => ({
    x: random.next(),
    start: random.next(),
    nearness: random.next() ** 2.4,
    phase: random.between(0, 6.28),
  }))
  return ({ context, timeS }) => {
    for (const { x, start, nearness, phase } of flakes) {
      const share = (start + timeS * (0.05 + 0.13 * nearness)) % 1
      const size = unit * (0.0016 + 0.0052 * nearness)
      const sway = Math.sin(timeS * 0.9 + phase) * 0.02 + share * 0.05
      const left = ((x + sway) % 1) * width
      context.fillStyle = withAlpha('#ffffff', 0.85 - 0.4 * nearness)
      context.beginPath()
      context.arc(left, share * (height + size * 4) - size * 2, size, 0, 6.2832)
      context.fill()
    }
  }
}

function paintFog(stage: Stage): Painter {
  const { width, height, palette } = stage
  return stage.drifting(0.9, 0.02, (context) => {
    const random = stage.random('fog')
    for (let index = 0; index < 16; index += 1) {
      const size = width * random.between(0.16, 0.3)
      context.save()
      context.translate(random.between(0, width + stage.marginX), height * random.between(0.45, 0.95))
      context.scale(1, 0.24)
      const bank = context.createRadialGradient(0, 0, 0, 0, 0, size)
      bank.addColorStop(0, withAlpha(mix(palette.haze, '#ffffff', 0.25), 0.34))
      bank.addColorStop(1, withAlpha(palette.haze, 0))
      context.fillStyle = bank
      context.fillRect(-size, -size, size * 2, size * 2)
      context.restore()
    }
  })
}

function paintFireflies(stage: Stage): Painter {
  const random = stage.random('fireflies')
  const { width, height, unit } = stage
  const flies = Array.from({ length: 34 }, () => ({
    x: random.between(0.05, 0.95),
    y: random.between(0.38, 0.92),
    reach: random.between(0.01, 0.04),
    speed: random.between(0.4, 1.1),
    phase: random.between(0, 6.28),
    size: unit * random.between(0.002, 0.0036),
  }))
  return ({ context, timeS }) => {
    for (const { x, y, reach, speed, phase, size } of flies) {
      const light = 0.5 + 0.5 * Math.sin(timeS * speed * 3 + phase)
      const left = (x + Math.sin(timeS * speed + phase) * reach) * width
      const top = (y + Math.cos(timeS * speed * 0.8 + phase * 2) * reach) * height
      addGlow(context, left, top, size * 9, '#ffe27a', 0.65 * light)
      context.fillStyle = withAlpha('#fff7c8', 0.25 + 0.75 * light)
      context.beginPath()
      context.arc(left, top, size, 0, 6.2832)
      context.fill()
    }
  }
}

function paintPetals(stage: Stage): Painter {
  const random = stage.random('petals')
  const { width, height, unit, scene } = stage
  const colors = scene.isAutumn
    ? (['#d9641e', '#e9a13a', '#b8431f', '#f0c05a'] as const)
    : (['#ffd3e0', '#ffb7cd', '#fff0f4', '#ffc4d6'] as const)
  const petals = Array.from({ length: 60 }, () => ({
    x: random.between(-0.3, 1),
    start: random.next(),
    nearness: random.next(),
    phase: random.between(0, 6.28),
    color: random.pick(colors),
  }))
  return ({ context, timeS }) => {
    for (const { x, start, nearness, phase, color } of petals) {
      const share = (start + timeS * (0.05 + 0.07 * nearness)) % 1
      const size = unit * (0.006 + 0.009 * nearness)
      context.save()
      context.translate(
        (x + share * 0.4 + Math.sin(timeS + phase) * 0.02) * width,
        (share * 1.1 - 0.05) * height,
      )
      context.rotate(timeS * (0.8 + nearness) + phase)
      context.scale(1, 0.35 + 0.5 * Math.abs(Math.sin(timeS * 1.4 + phase)))
      context.fillStyle = withAlpha(color, 0.85)
      context.beginPath()
      context.moveTo(-size, 0)
      context.quadraticCurveTo(0, -size, size, 0)
      context.quadraticCurveTo(0, size * 0.8, -size, 0)
      context.fill()
      context.restore()
    }
  }
}

/** What falls, drifts or glows in the air. */
export function paintWeather(stage: Stage): Painter {
  const { weather, place } = stage.scene
  const isInside = place === 'desk' || place === 'space' || place === 'underwater'
  if (isInside && weather !== 'fireflies' && weather !== 'petals') return () => {}
  switch (weather) {
    case 'clear':
      return () => {}
    case 'rain':
      return paintRain(stage, false)
    case 'storm': {
      const [rain, lightning] = [paintRain(stage, true), paintLightning(stage)]
      return (moment) => {
        rain(moment)
        lightning(moment)
      }
    }
    case 'snow':
      return paintSnow(stage)
    case 'fog':
      return paintFog(stage)
    case 'fireflies':
      return paintFireflies(stage)
    case 'petals':
      return paintPetals(stage)
  }
}
