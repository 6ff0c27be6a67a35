import { mix, withAlpha } from '../colors.ts'
import { addGlow } from '../sky.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

interface Suit {
  readonly white: string
  readonly shade: string
  readonly accent: string
}

type Point = readonly [number, number]

/** A padded limb from joint to joint, lit from above. */
function drawLimb(
  context: Context,
  suit: Suit,
  width: number,
  [start, bend, end]: readonly [Point, Point, Point],
): void {
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const [color, share, lift] of [
    [suit.shade, 1, 0],
    [suit.white, 0.72, -0.012],
  ] as const) {
    context.strokeStyle = color
    context.lineWidth = width * share
    context.beginPath()
    context.moveTo(start[0], start[1] + lift)
    context.quadraticCurveTo(bend[0], bend[1] + lift, end[0], end[1] + lift)
    context.stroke()
  }
  context.fillStyle = suit.accent
  context.beginPath()
  context.arc(end[0], end[1], width * 0.56, 0, 2 * Math.PI)
  context.fill()
}

function drawTorso(context: Context, suit: Suit): void {
  context.fillStyle = suit.shade
  context.beginPath()
  context.roundRect(-0.25, -0.28, 0.5, 0.44, 0.1)
  context.fill()
  const cloth = context.createLinearGradient(-0.2, 0, 0.2, 0)
  cloth.addColorStop(0, suit.white)
  cloth.addColorStop(0.65, suit.white)
  cloth.addColorStop(1, suit.shade)
  context.fillStyle = cloth
  context.beginPath()
  context.roundRect(-0.19, -0.27, 0.38, 0.47, 0.13)
  context.fill()
  context.fillStyle = mix(suit.shade, '#2a3550', 0.35)
  context.beginPath()
  context.roundRect(-0.1, -0.13, 0.2, 0.13, 0.025)
  context.fill()
  for (const [x, color] of [
    [-0.055, '#ff5c4d'],
    [0, '#ffd25c'],
    [0.055, '#58d2ff'],
  ] as const) {
    context.fillStyle = color
    context.beginPath()
    context.arc(x, -0.065, 0.019, 0, 2 * Math.PI)
    context.fill()
  }
  context.fillStyle = suit.accent
  context.fillRect(-0.185, 0.075, 0.37, 0.03)
}

function drawHelmet(stage: Stage, context: Context, suit: Suit): void {
  const shell = context.createRadialGradient(-0.07, -0.5, 0.02, 0, -0.44, 0.24)
  shell.addColorStop(0, suit.white)
  shell.addColorStop(0.7, suit.white)
  shell.addColorStop(1, suit.shade)
  context.fillStyle = shell
  context.beginPath()
  context.arc(0, -0.43, 0.205, 0, 2 * Math.PI)
  context.fill()
  const visor = context.createLinearGradient(-0.14, -0.55, 0.14, -0.3)
  visor.addColorStop(0, '#ffdf9b')
  visor.addColorStop(0.3, '#d98a3d')
  visor.addColorStop(0.65, mix('#27356b', stage.palette.sky[1], 0.3))
  visor.addColorStop(1, '#0b1030')
  context.fillStyle = visor
  context.beginPath()
  context.roundRect(-0.145, -0.525, 0.29, 0.2, 0.095)
  context.fill()
  context.strokeStyle = suit.shade
  context.lineWidth = 0.014
  context.stroke()
  context.fillStyle = withAlpha('#ffffff', 0.75)
  context.beginPath()
  context.ellipse(-0.085, -0.475, 0.036, 0.016, -0.5, 0, 2 * Math.PI)
  context.fill()
}

function drawAstronaut(stage: Stage, context: Context, suit: Suit, swing: number): void {
  const ease = swing * 0.04
  context.fillStyle = suit.shade
  context.beginPath()
  context.roundRect(-0.27, -0.34, 0.54, 0.42, 0.07)
  context.fill()
  drawLimb(context, suit, 0.135, [
    [-0.09, 0.15],
    [-0.13, 0.34 + ease],
    [-0.12 - ease, 0.52],
  ])
  drawLimb(context, suit, 0.135, [
    [0.09, 0.15],
    [0.16, 0.32 - ease],
    [0.13 + ease, 0.5],
  ])
  drawLimb(context, suit, 0.115, [
    [-0.17, -0.18],
    [-0.34, -0.1],
    [-0.36 - ease, -0.3 - ease * 2],
  ])
  drawLimb(context, suit, 0.115, [
    [0.17, -0.18],
    [0.31, 0],
    [0.37 + ease, 0.08 + ease],
  ])
  drawTorso(context, suit)
  drawHelmet(stage, context, suit)
}

/** An astronaut: adrift in space, bobbing on the ground elsewhere. */
export function paintAstronaut(stage: Stage, spot: Spot): Painter {
  const dim = stage.scene.place === 'space' ? 0.04 : stage.palette.darkness * 0.3
  const white = mix(mix(stage.scene.color ?? '#f6f8fd', stage.palette.ink, dim), stage.palette.glow, 0.06)
  const suit = { white, shade: mix(white, '#3c4a78', 0.45), accent: mix('#e2603f', stage.palette.ink, dim) }
  const floats =
    stage.scene.place === 'space' || stage.scene.place === 'underwater' || stage.scene.place === 'sky'
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { timeS, progress } = moment
      const swing = Math.sin(timeS * 1.1)
      context.save()
      if (floats) {
        const drift = (progress - 0.5) * stage.width * 0.07
        context.translate(spot.x - stage.width * 0.1 + drift, spot.y - stage.height * 0.03 * swing)
        addGlow(context, 0, 0, spot.size * 1.1, stage.palette.glow, 0.22)
        context.rotate(-0.3 + (progress - 0.5) * 0.35)
      } else {
        context.translate(spot.x, spot.y - spot.size * (0.56 + 0.02 * Math.abs(swing)))
      }
      context.scale(spot.size, spot.size)
      drawAstronaut(stage, context, suit, swing)
      context.restore()
    })
}
