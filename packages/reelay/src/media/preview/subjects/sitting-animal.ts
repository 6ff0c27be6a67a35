import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

/** How a small animal that sits and looks at the camera differs from the next. */
interface Coat {
  readonly fur: string
  readonly furDark: string
  readonly chest: string
  readonly socks: string
  readonly ears: 'pointed' | 'floppy'
  /** Width of the tail, as a share of the height. */
  readonly tail: number
  readonly isTabby: boolean
  /** How far the cheeks narrow to the chin: 1 is a fox, 0 is round. */
  readonly snout: number
}

const COATS: Readonly<Record<'fox' | 'cat' | 'dog', Coat>> = {
  fox: {
    fur: '#e2712b',
    furDark: '#b14b17',
    chest: '#fff3e2',
    socks: '#3b2119',
    ears: 'pointed',
    tail: 0.2,
    isTabby: false,
    snout: 1,
  },
  cat: {
    fur: '#8d8f98',
    furDark: '#5f626c',
    chest: '#f1f1f4',
    socks: '#e8e8ec',
    ears: 'pointed',
    tail: 0.085,
    isTabby: true,
    snout: 0,
  },
  dog: {
    fur: '#c9924f',
    furDark: '#936230',
    chest: '#f6e7cf',
    socks: '#e9d3b0',
    ears: 'floppy',
    tail: 0.1,
    isTabby: false,
    snout: 0.45,
  },
}

/** The thin tail of a cat or dog: one curved stroke with a round end. */
function drawThinTail(context: Context, coat: Coat): void {
  const gradient = context.createLinearGradient(0, 0, 0.4, -0.5)
  gradient.addColorStop(0, coat.furDark)
  gradient.addColorStop(1, coat.fur)
  context.strokeStyle = gradient
  context.lineWidth = coat.tail
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(0, -0.03)
  context.bezierCurveTo(0.3, 0.03, 0.36, -0.2, 0.3, -0.34)
  context.bezierCurveTo(0.26, -0.46, 0.36, -0.54, 0.42, -0.48)
  context.stroke()
}

/** The brush of a fox, with its white tip. */
function drawBrush(context: Context, coat: Coat): void {
  const width = coat.tail
  const gradient = context.createLinearGradient(0, 0, 0.5, -0.5)
  gradient.addColorStop(0, coat.furDark)
  gradient.addColorStop(1, coat.fur)
  context.fillStyle = gradient
  context.beginPath()
  context.moveTo(-0.05, 0.04)
  context.bezierCurveTo(0.3, 0.12 + width * 0.3, 0.5 + width, -0.12, 0.46, -0.62)
  context.bezierCurveTo(0.34, -0.5 + width * 0.2, 0.42 - width * 1.4, -0.24, -0.02, -0.12)
  context.fill()
  context.fillStyle = coat.chest
  context.beginPath()
  context.moveTo(0.46, -0.62)
  context.bezierCurveTo(0.54, -0.5, 0.56, -0.4, 0.545, -0.34)
  context.quadraticCurveTo(0.48, -0.38, 0.45, -0.34)
  context.quadraticCurveTo(0.42, -0.4, 0.375, -0.39)
  context.bezierCurveTo(0.41, -0.46, 0.44, -0.53, 0.46, -0.62)
  context.fill()
}

function drawTail(context: Context, coat: Coat, sway: number): void {
  context.save()
  context.translate(0.24, -0.08)
  context.rotate(sway)
  if (coat.tail > 0.15) drawBrush(context, coat)
  else drawThinTail(context, coat)
  context.restore()
}

/** Whiskers and the stripes of a tabby. */
function drawTabby(context: Context, coat: Coat): void {
  context.lineCap = 'round'
  context.strokeStyle = coat.furDark
  context.lineWidth = 0.022
  context.beginPath()
  for (const [x, from, to] of [
    [-0.05, -0.2, -0.12],
    [0, -0.215, -0.11],
    [0.05, -0.2, -0.12],
  ] as const) {
    context.moveTo(x, from)
    context.lineTo(x * 0.8, to)
  }
  context.stroke()
  context.strokeStyle = 'rgba(255, 255, 255, 0.75)'
  context.lineWidth = 0.007
  context.beginPath()
  for (const side of [-1, 1]) {
    for (const lift of [-0.03, 0.01, 0.05]) {
      context.moveTo(side * 0.1, 0.1)
      context.quadraticCurveTo(side * 0.22, 0.09 + lift * 0.5, side * 0.36, 0.09 + lift * 1.6)
    }
  }
  context.stroke()
}

function drawBody(context: Context, coat: Coat): void {
  const gradient = context.createLinearGradient(-0.3, 0, 0.36, 0)
  gradient.addColorStop(0, coat.fur)
  gradient.addColorStop(0.6, coat.fur)
  gradient.addColorStop(1, coat.furDark)
  context.fillStyle = gradient
  context.beginPath()
  context.moveTo(-0.13, -0.68)
  context.bezierCurveTo(0.14, -0.66, 0.36, -0.38, 0.34, -0.04)
  context.quadraticCurveTo(0.33, 0.01, 0.24, 0.01)
  context.lineTo(-0.2, 0.01)
  context.bezierCurveTo(-0.27, -0.2, -0.29, -0.45, -0.2, -0.66)
  context.fill()
  context.fillStyle = withAlpha(coat.furDark, 0.5)
  context.beginPath()
  context.ellipse(0.2, -0.14, 0.135, 0.16, 0.25, 0, 6.2832)
  context.fill()
  context.fillStyle = coat.chest
  context.beginPath()
  context.moveTo(-0.23, -0.6)
  context.bezierCurveTo(-0.3, -0.4, -0.24, -0.24, -0.15, -0.16)
  context.bezierCurveTo(-0.02, -0.24, 0.04, -0.42, 0.02, -0.58)
  context.fill()
  for (const x of [-0.21, -0.05]) {
    const leg = context.createLinearGradient(0, -0.34, 0, 0.02)
    leg.addColorStop(0, coat.fur)
    leg.addColorStop(0.45, coat.fur)
    leg.addColorStop(0.75, coat.socks)
    leg.addColorStop(1, coat.socks)
    context.fillStyle = leg
    context.beginPath()
    context.roundRect(x, -0.34, 0.105, 0.36, 0.05)
    context.fill()
  }
  context.fillStyle = coat.socks
  context.beginPath()
  context.ellipse(0.2, 0, 0.12, 0.035, 0, 0, 6.2832)
  context.fill()
}

function drawEar(context: Context, coat: Coat, side: 1 | -1, twitch: number): void {
  context.save()
  context.scale(side, 1)
  context.rotate(twitch)
  context.fillStyle = coat.furDark
  context.beginPath()
  if (coat.ears === 'pointed') {
    context.moveTo(0.06, -0.15)
    context.quadraticCurveTo(0.12, -0.34, 0.215, -0.41)
    context.quadraticCurveTo(0.27, -0.22, 0.235, -0.06)
    context.fill()
    context.fillStyle = mix(coat.chest, coat.furDark, 0.3)
    context.beginPath()
    context.moveTo(0.115, -0.15)
    context.quadraticCurveTo(0.15, -0.27, 0.205, -0.33)
    context.quadraticCurveTo(0.235, -0.2, 0.205, -0.09)
  } else {
    context.moveTo(0.12, -0.2)
    context.bezierCurveTo(0.3, -0.24, 0.36, 0, 0.28, 0.12)
    context.bezierCurveTo(0.22, 0.12, 0.2, -0.04, 0.15, -0.1)
  }
  context.fill()
  context.restore()
}

function drawFace(context: Context, coat: Coat, isBlinking: boolean): void {
  const chin = 0.17 + 0.08 * coat.snout
  const cheek = 0.11 - 0.06 * coat.snout
  const gradient = context.createLinearGradient(0, -0.22, 0, chin)
  gradient.addColorStop(0, coat.fur)
  gradient.addColorStop(1, mix(coat.fur, coat.furDark, 0.35))
  context.fillStyle = gradient
  context.beginPath()
  context.moveTo(0, -0.225)
  context.bezierCurveTo(0.17, -0.225, 0.275, -0.12, 0.285, 0.01)
  context.bezierCurveTo(0.24, cheek + 0.02, 0.13, chin * 0.78, 0, chin)
  context.bezierCurveTo(-0.13, chin * 0.78, -0.24, cheek + 0.02, -0.285, 0.01)
  context.bezierCurveTo(-0.275, -0.12, -0.17, -0.225, 0, -0.225)
  context.fill()
  context.fillStyle = coat.chest
  for (const side of [1, -1]) {
    context.beginPath()
    context.moveTo(side * 0.285, 0.01)
    context.bezierCurveTo(side * 0.24, cheek + 0.02, side * 0.13, chin * 0.78, 0, chin)
    context.bezierCurveTo(side * 0.015, 0.1, side * 0.05, 0.045, side * 0.13, 0.055)
    context.quadraticCurveTo(side * 0.22, 0.05, side * 0.285, 0.01)
    context.fill()
  }
  for (const side of [1, -1]) {
    context.fillStyle = '#1c120d'
    context.beginPath()
    context.ellipse(side * 0.112, -0.015, 0.03, isBlinking ? 0.004 : 0.036, side * 0.25, 0, 6.2832)
    context.fill()
    if (isBlinking) continue
    context.fillStyle = '#ffffff'
    context.beginPath()
    context.arc(side * 0.112 - 0.008, -0.03, 0.009, 0, 6.2832)
    context.fill()
  }
  context.fillStyle = '#1c120d'
  context.beginPath()
  context.ellipse(0, chin - 0.025, 0.036, 0.026, 0, 0, 6.2832)
  context.fill()
}

/** Takes the light of the scene into the fur. */
function lit(stage: Stage, color: string): string {
  const { darkness, ink, glow } = stage.palette
  return mix(mix(color, mix(ink, stage.palette.sky[2], 0.4), darkness * 0.42), glow, 0.08)
}

/** A fox, cat or dog that sits, breathes, blinks and moves its tail. */
export function paintSittingAnimal(kind: 'fox' | 'cat' | 'dog'): (stage: Stage, spot: Spot) => Painter {
  return (stage, spot) => {
    const plain = COATS[kind]
    const coat: Coat = {
      ...plain,
      fur: lit(stage, plain.fur),
      furDark: lit(stage, plain.furDark),
      chest: lit(stage, plain.chest),
      socks: lit(stage, plain.socks),
    }
    const wag = kind === 'dog' ? 5.5 : 1.5
    return (moment) =>
      stage.at(moment, spot.depth, (context) => {
        const { timeS } = moment
        context.save()
        context.translate(spot.x, spot.y)
        context.scale(spot.size, spot.size)
        context.fillStyle = withAlpha(stage.palette.ink, 0.4)
        context.beginPath()
        context.ellipse(0.08, 0.01, 0.52, 0.055, 0, 0, 6.2832)
        context.fill()
        drawTail(context, coat, Math.sin(timeS * wag) * 0.07)
        context.scale(1, 1 + 0.008 * Math.sin(timeS * 2.4))
        drawBody(context, coat)
        context.translate(-0.11, -0.78)
        context.rotate(Math.sin(timeS * 0.9) * 0.05)
        const twitch = Math.max(0, Math.sin(timeS * 2.3) - 0.9) * 1.2
        drawEar(context, coat, 1, twitch)
        drawEar(context, coat, -1, -twitch * 0.5)
        drawFace(context, coat, timeS % 3.1 > 2.96)
        if (coat.isTabby) drawTabby(context, coat)
        context.restore()
      })
  }
}
