import { createRequire } from 'node:module'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'

const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese'] as const
const WEIGHTS = [500, 600] as const

/** One CSS list of families: each subset of Inter is its own family, so that missing letters fall through to the next. */
const FAMILIES = SUBSETS.map((subset) => `"Inter ${subset}"`).join(', ')

let isRegistered = false

function register(): void {
  if (isRegistered) return
  const require = createRequire(import.meta.url)
  for (const subset of SUBSETS) {
    for (const weight of WEIGHTS) {
      const path = require.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`)
      if (GlobalFonts.registerFromPath(path, `Inter ${subset}`) === null)
        throw new Error(`Could not load ${path}.`)
    }
  }
  isRegistered = true
}

/** The value of `context.font` for a size in pixels. */
export function interFont(sizePx: number, weight: 500 | 600): string {
  register()
  return `${weight} ${sizePx}px ${FAMILIES}, sans-serif`
}

const GLYPH_PX = 24

function glyphPixels(character: string): string {
  const canvas = createCanvas(GLYPH_PX * 2, GLYPH_PX * 2)
  const context = canvas.getContext('2d')
  context.font = interFont(GLYPH_PX, 500)
  context.fillText(character, 4, GLYPH_PX * 1.4)
  return canvas.data().toString('base64')
}

/** A private-use code point that no font draws. */
const MISSING = '\u{10FFFD}'

const DISTINCT_MAX = 120

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Text as its readers see it: letters with their accents, emoji with their parts. */
export function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/**
 * The text without the characters that no installed font can draw, which would show as boxes. Inter brings Latin, Greek
 * and Cyrillic; other scripts need a font of the system.
 */
export function drawableText(text: string): string {
  const common = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\d\s.,:;!?'"’‘“”()\-–—…/&%+@#*=·]/u
  const verdicts = new Map<string, boolean>()
  const missing = glyphPixels(MISSING)
  const kept = charactersOf(text).filter((character) => {
    if (common.test(character)) return true
    const known = verdicts.get(character)
    if (known !== undefined) return known
    const isDrawn = verdicts.size < DISTINCT_MAX && glyphPixels(character) !== missing
    verdicts.set(character, isDrawn)
    return isDrawn
  })
  return kept.join('').replace(/\s+/g, ' ').trim()
}
