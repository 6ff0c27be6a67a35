/**
 * Text from a server as one line that cannot steer the terminal: prompts and messages may hold escape
 * sequences or line breaks.
 */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trim()
}

// Ideographs, kana, hangul, full-width forms and pictographs take two columns in a terminal.
const WIDE = new RegExp(
  '^[' +
    String.raw`\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f` +
    String.raw`\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}` +
    ']',
  'u',
)

const segmenter = new Intl.Segmenter()

const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment)

const graphemeWidth = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1)

/** Columns that the text takes in a terminal. */
export function displayWidth(text: string): number {
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0)
}

/** The text, or its beginning with an ellipsis when it takes more than `columnsMax` columns. */
export function truncate(text: string, columnsMax: number): string {
  if (displayWidth(text) <= columnsMax) return text
  let kept = ''
  let columns = 0
  for (const grapheme of graphemes(text)) {
    columns += graphemeWidth(grapheme)
    if (columns > columnsMax - 1) break
    kept += grapheme
  }
  return columnsMax < 1 ? '' : `${kept.trimEnd()}…`
}
