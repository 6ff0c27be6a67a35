import { mix, withAlpha } from '../colors.ts'
import type { Context, Painter, Stage } from '../stage.ts'
import type { Spot } from './spot.ts'

type Vector = readonly [number, number, number]

const NOSE: Vector = [1.05, 0, 0]
const KEEL: Vector = [-0.85, -0.34, 0]
const LEFT_ROOT: Vector = [-1, 0.02, 0.06]
const RIGHT_ROOT: Vector = [-1, 0.02, -0.06]
const LEFT_TIP: Vector = [-1, 0.16, 0.78]
const RIGHT_TIP: Vector = [-1, 0.16, -0.78]

const FACES: readonly (readonly [Vector, Vector, Vector])[] = [
  [NOSE, KEEL, LEFT_ROOT],
  [NOSE, RIGHT_ROOT, KEEL],
  [NOSE, LEFT_ROOT, LEFT_TIP],
  [NOSE, RIGHT_TIP, RIGHT_ROOT],
]

/** Seconds of its path that stay visible behind it. */
const TRAIL_S = 1.6

interface Pose {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
}

function turned([x, y, z]: Vector, { yaw, pitch, roll }: Pose): Vector {
  const y1 = y * Math.cos(roll) - z * Math.sin(roll)
  const z1 = y * Math.sin(roll) + z * Math.cos(roll)
  const x2 = x * Math.cos(pitch) - y1 * Math.sin(pitch)
  const y2 = x * Math.sin(pitch) + y1 * Math.cos(pitch)
  return [x2 * Math.cos(yaw) + z1 * Math.sin(yaw), y2, -x2 * Math.sin(yaw) + z1 * Math.cos(yaw)]
}

function brightness(a: Vector, b: Vector, c: Vector): number {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]]
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]]
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
  const length = Math.hypot(nx, ny, nz) || 1
  // Light from the upper left, before the picture; paper is bright from both sides.
  return Math.abs((nx * -0.35 + ny * 0.8 + nz * 0.5) / length)
}

function drawPlane(stage: Stage, context: Context, pose: Pose): void {
  const { palette } = stage
  const paper = mix('#ffffff', palette.glow, 0.12)
  const shade = mix(mix('#8e9bb8', palette.sky[1], 0.35), palette.ink, palette.darkness * 0.35)
  const faces = FACES.map((face) => face.map((point) => turned(point, pose)))
    .map((points) => ({ points, far: points.reduce((sum, point) => sum + point[2], 0) }))
    .toSorted((a, b) => a.far - b.far)
  for (const { points } of faces) {
    const [a, b, c] = points
    if (a === undefined || b === undefined || c === undefined) continue
    context.fillStyle = mix(shade, paper, Math.min(1, 0.12 + brightness(a, b, c) * 1.02))
    context.beginPath()
    for (const [x, y] of points) context.lineTo(x, -y * 1)
    context.closePath()
    context.fill()
    context.strokeStyle = withAlpha('#5f6d8c', 0.3)
    context.lineWidth = 0.008
    context.lineJoin = 'round'
    context.stroke()
  }
}

/** Where the airplane is at a share of the film; it enters from the left and leaves to the right. */
function pathAt(stage: Stage, spot: Spot, progress: number): { x: number; y: number } {
  const share = progress * 0.86 + 0.07
  const x = stage.width * (-0.06 + 1.1 * share)
  const wave = Math.sin(share * Math.PI * 1.7 + 0.5) * 0.1 - Math.sin(share * Math.PI * 3.4) * 0.025
  return { x, y: spot.y + stage.height * (wave + 0.07 - share * 0.1) }
}

function drawTrail(stage: Stage, spot: Spot, context: Context, progress: number, length: number): void {
  const dots = 46
  context.fillStyle = withAlpha('#ffffff', 0.8)
  for (let dot = 3; dot < dots; dot += 1) {
    const at = progress - (length * dot) / dots
    const { x, y } = pathAt(stage, spot, at)
    context.globalAlpha = 0.62 * (1 - dot / dots) ** 1.3
    context.beginPath()
    context.arc(x, y, stage.unit * 0.0034 * (1 - 0.5 * (dot / dots)), 0, 6.2832)
    context.fill()
  }
  context.globalAlpha = 1
}

function drawShadow(stage: Stage, context: Context, x: number, size: number): void {
  const y = stage.height * 0.87
  context.save()
  context.translate(x + size * 0.55, y)
  context.scale(1, 0.2)
  const shadow = context.createRadialGradient(0, 0, size * 0.15, 0, 0, size * 1.15)
  shadow.addColorStop(0, 'rgba(24, 8, 2, 0.4)')
  shadow.addColorStop(1, 'rgba(24, 8, 2, 0)')
  context.fillStyle = shadow
  context.fillRect(-size * 1.2, -size * 1.2, size * 2.4, size * 2.4)
  context.restore()
}

/** A folded paper airplane that crosses the picture and banks in its curves. */
export function paintPaperAirplane(stage: Stage, spot: Spot): Painter {
  return (moment) =>
    stage.at(moment, spot.depth, (context) => {
      const { progress, timeS } = moment
      const { x, y } = pathAt(stage, spot, progress)
      const ahead = pathAt(stage, spot, progress + 0.01)
      const size = spot.size * (0.5 + 0.12 * Math.sin(progress * Math.PI))
      const totalS = progress > 0 ? timeS / progress : 1
      if (stage.scene.place === 'desk') drawShadow(stage, context, x, size)
      drawTrail(stage, spot, context, progress, Math.min(0.55, TRAIL_S / Math.max(1, totalS)))
      context.save()
      context.translate(x, y)
      context.scale(size, size)
      drawPlane(stage, context, {
        yaw: -0.42 + 0.16 * Math.sin(progress * Math.PI * 2),
        pitch: Math.atan2(y - ahead.y, ahead.x - x) * 0.85,
        roll: 0.55 + 0.32 * Math.sin(progress * Math.PI * 3 + 0.8) + 0.04 * Math.sin(timeS * 6),
      })
      context.restore()
    })
}
