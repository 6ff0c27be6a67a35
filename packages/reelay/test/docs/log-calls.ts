/** A call that warns, as it stands in the source. */
export type LogCall = { level: 'warn' | 'error'; messages: string[]; line: number }

const CALL = /\blog(?:\?\.|\.)(warn|error)\(/gi
const TEXT = /^(?:'(?:[^'\\]|\\.)*'|`[^`$]*`)(?:\s*\+\s*(?:'(?:[^'\\]|\\.)*'|`[^`$]*`))*$/
const CHOICE = /^[^'`]+ \? ('[^']*') : ('[^']*')$/

/**
 * Every `log.warn` and `log.error` of a source with what it may say, which is its last argument: a text, texts that are
 * joined, a choice of two, or a constant of the same file that is one of these.
 * @throws Error where a message is made in another way, because then nobody could look it up.
 */
export function logCallsIn(source: string): LogCall[] {
  return [...source.matchAll(CALL)].map((match) => {
    const line = source.slice(0, match.index).split('\n').length
    const last = argumentsFrom(source, match.index + match[0].length).at(-1) ?? ''
    const expression = /^\w+$/.test(last) ? constantOf(source, last) : last
    const texts = CHOICE.exec(expression)?.slice(1) ?? [expression]
    if (!texts.every((text) => TEXT.test(text)))
      throw new Error(`line ${line}: the message of this log call is no plain text`)
    return { level: match[1]?.toLowerCase() === 'warn' ? 'warn' : 'error', messages: texts.map(textOf), line }
  })
}

/** What stands between the brackets, split at the commas of the outermost level. */
function argumentsFrom(source: string, start: number): string[] {
  const found: string[] = []
  let depth = 0
  let from = start
  for (let at = start; at < source.length; at += 1) {
    const character = source.charAt(at)
    if (`'"\``.includes(character)) at = endOfText(source, at)
    else if ('([{'.includes(character)) depth += 1
    else if (depth === 0 && ',)'.includes(character)) {
      found.push(source.slice(from, at).trim())
      from = at + 1
      if (character === ')') return found.filter((argument) => argument !== '')
    } else if (')]}'.includes(character)) depth -= 1
  }
  throw new Error('a log call does not end')
}

/** The closing quote of a text that begins here. */
function endOfText(source: string, start: number): number {
  const quote = source.charAt(start)
  for (let at = start + 1; at < source.length; at += 1) {
    if (source.charAt(at) === '\\') at += 1
    else if (source.charAt(at) === quote) return at
  }
  throw new Error('a text does not end')
}

/** What a constant is set to, with the lines that go on below it: those are indented further. */
function constantOf(source: string, name: string): string {
  const pattern = new RegExp(`^( *)const ${name} =\\s*(.+(?:\\n\\1 {2,}.+)*)$`, 'm')
  return pattern.exec(source)?.[2]?.trim() ?? ''
}

const textOf = (expression: string): string =>
  [...expression.matchAll(/'((?:[^'\\]|\\.)*)'|`([^`]*)`/g)]
    .map(([, quoted, templated]) => (quoted ?? templated ?? '').replace(/\\(.)/g, '$1'))
    .join('')
