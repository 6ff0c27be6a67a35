/** Words for colors as paints: strong enough to be recognised in the light of any scene. */
const COLORS: readonly (readonly [RegExp, string])[] = [
  [/\b(red|crimson|scarlet)\b|红/i, '#cf3a2e'],
  [/\b(orange|amber)\b|橙/i, '#e8822f'],
  [/\b(yellow|golden)\b(?! hour)|黄(?!昏)/i, '#e9b838'],
  [/\b(green|emerald)\b|绿/i, '#3f9460'],
  [/\b(turquoise|teal|cyan)\b|青/i, '#2fa3a3'],
  [/\bblue\b(?! (sky|hour|sea|ocean|water))|蓝(?!天)/i, '#2f74c0'],
  [/\b(purple|violet)\b|紫/i, '#8250b8'],
  [/\bpink\b|粉/i, '#ea82a8'],
  [/\bwhite\b|白(?!天)/i, '#f1f3f6'],
  [/\bblack\b|黑/i, '#2b2d36'],
  [/\b(silver|gr[ae]y)\b(?! (sky|day))|银/i, '#b4bac4'],
]

/** The first color in the list that the prompt names for something, or undefined. */
export function namedColor(prompt: string): string | undefined {
  return COLORS.find(([words]) => words.test(prompt))?.[1]
}
