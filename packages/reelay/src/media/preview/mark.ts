import { interFont } from './fonts.ts'
import type { Context, Painter } from './stage.ts'

interface Marked {
  readonly width: number
  readonly height: number
  readonly seed: number
}

/** As many parts on a line as fit, so that the whole mark is in even the smallest picture. */
function stack(context: Context, parts: readonly string[], widthMax: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const longer = last === undefined ? part : `${last} · ${part}`
    if (last !== undefined && context.measureText(longer).width <= widthMax) lines[lines.length - 1] = longer
    else lines.push(part)
  }
  return lines
}

/** What every preview says of itself, on every picture: nobody should take it for the work of a model. */
function markParts({ width, height, seed }: Marked): readonly string[] {
  return ['local preview', 'not AI-generated', `seed ${seed}`, `${width}×${height}`]
}

/** The mark in the upper left corner, and a hairline below that shows how far the film is. */
export function paintMark(job: Marked): Painter {
  const { width, height } = job
  const edge = Math.min(width, height)
  const size = Math.max(6.5, edge * 0.026)
  const inset = Math.max(2, Math.round(edge * 0.03))
  const padding = size * 0.65
  const lineHeight = size * 1.35
  const bar = Math.max(1, Math.round(edge * 0.0045))
  let lines: string[] | undefined
  return ({ context, progress }) => {
    context.save()
    context.font = interFont(size, 500)
    context.textBaseline = 'middle'
    lines ??= stack(context, markParts(job), width - 2 * inset - 2 * padding)
    const widest = Math.max(...lines.map((line) => context.measureText(line).width))
    const boxWidth = Math.min(widest + 2 * padding, width - 2 * inset)
    context.fillStyle = 'rgba(8, 10, 18, 0.5)'
    context.beginPath()
    context.roundRect(inset, inset, boxWidth, lines.length * lineHeight + padding, size * 0.6)
    context.fill()
    context.fillStyle = 'rgba(255, 255, 255, 0.9)'
    lines.forEach((line, index) => {
      const y = inset + padding / 2 + lineHeight * (index + 0.54)
      context.fillText(line, inset + padding, y, boxWidth - 2 * padding)
    })
    context.fillStyle = 'rgba(255, 255, 255, 0.18)'
    context.fillRect(0, height - bar, width, bar)
    context.fillStyle = 'rgba(255, 255, 255, 0.8)'
    context.fillRect(0, height - bar, width * progress, bar)
    context.restore()
  }
}
