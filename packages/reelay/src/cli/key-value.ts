import { usageError } from './cli-error.ts'

/** Splits `name=value` at the first `=`. @throws CliError naming the option */
function split(pair: string, option: string): readonly [string, string] {
  const at = pair.indexOf('=')
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
  throw usageError(`${option} ${pair} has no name and value`, {
    hint: `write it as ${option} name=value`,
    param: option,
  })
}

/** `name=value` pairs as text. @throws CliError */
export function textPairs(pairs: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => split(pair, option)))
}

/**
 * `name=value` pairs whose values are JSON where they parse (`5`, `true`, `[1]`), else text.
 * @throws CliError
 */
export function jsonPairs(pairs: readonly string[], option: string): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name, value] = split(pair, option)
      return [name, jsonOrText(value)]
    }),
  )
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
