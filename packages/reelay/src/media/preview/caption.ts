import { withAlpha } from './colors.ts'
import { charactersOf, drawableText, interFont } from './fonts.ts'
import type { Context, Painter } from './stage.ts'

const LINES_MAX = 2
const REVEAL_S = 0.9

interface Frame {
  readonly width: number
  readonly height: number
}

/** Breaks text into lines that fit; what is left over ends in an ellipsis. */
function linesOf(context: Context, text: string, widthMax: number, linesMax: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (context.measureText(longer).width <= widthMax) line = longer
    else {
      if (line !== '') lines.push(line)
      line = word
    }
    if (lines.length > linesMax) break
  }
  if (line !== '') lines.push(line)
  const shown = lines.slice(0, linesMax)
  return shown.map((shownLine, index) => {
    const isCut = index === linesMax - 1 && lines.length > linesMax
    return shorten(context, shownLine, widthMax, isCut)
  })
}

function shorten(context: Context, line: string, widthMax: number, isCut: boolean): string {
  if (!isCut && context.measureText(line).width <= widthMax) return line
  const letters = charactersOf(line)
  while (letters.length > 1 && context.measureText(`${letters.join('')}…`).width > widthMax) letters.pop()
  return `${letters.join('').trimEnd()}…`
}

/** The prompt at the lower left, on a soft shade; its words come in one after the other. */
export function paintCaption(frame: Frame, prompt: string): Painter {
  const { width, height } = frame
  const edge = Math.min(width, height)
  const size = Math.max(8, Math.round(edge * 0.046))
  const text = drawableText(prompt)
  const left = Math.round(width * 0.045)
  let lines: string[] | undefined
  return ({ context, timeS }) => {
    if (text === '') return
    context.save()
    const shade = context.createLinearGradient(0, height * 0.7, 0, height)
    shade.addColorStop(0, 'rgba(4, 6, 14, 0)')
    shade.addColorStop(1, 'rgba(4, 6, 14, 0.62)')
    context.fillStyle = shade
    context.fillRect(0, height * 0.7, width, height * 0.3)
    context.font = interFont(size, 600)
    context.textBaseline = 'alphabetic'
    lines ??= linesOf(context, text, width * 0.88, LINES_MAX)
    context.shadowColor = 'rgba(0, 0, 0, 0.55)'
    context.shadowBlur = size * 0.35
    context.shadowOffsetY = size * 0.05
    const words = lines.join(' ').split(' ').length
    let shown = 0
    lines.forEach((line, index) => {
      const y = height - edge * 0.065 - ((lines?.length ?? 1) - 1 - index) * size * 1.3
      let x = left
      for (const word of line.split(' ')) {
        const arrival = Math.min(1, Math.max(0, (timeS + 0.12 - (shown / words) * REVEAL_S) / 0.3))
        context.fillStyle = withAlpha('#ffffff', arrival)
        context.fillText(word, x, y + (1 - arrival) * size * 0.3)
        x += context.measureText(`${word} `).width
        shown += 1
      }
    })
    context.restore()
  }
}
