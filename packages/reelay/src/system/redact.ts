/** What looks like a secret wherever it stands: our own keys and signing secrets, bearer tokens, signatures of links. */
const SHAPES = /\brk_[\w-]{43}|\bwhsec_[\w+/-]{16,}=*|\bbearer +[\w.~+/=-]{8,}|(?<=[?&]sig=)[\w-]{16,}/gi

const REDACTED = '[redacted]'
/** Shorter ones would take ordinary words out of the log. */
const VALUE_CHARACTERS_MIN = 8

/**
 * Takes secrets out of a line of JSON, also where an error's text or a provider's answer repeats one.
 * @param values secrets that this process knows
 */
export function createRedactor(values: readonly string[]): (line: string) => string {
  const known = values
    .filter((value) => value.length >= VALUE_CHARACTERS_MIN)
    // As they stand inside JSON text.
    .map((value) => JSON.stringify(value).slice(1, -1))
  return (line) => {
    const shaped = line.replace(SHAPES, REDACTED)
    return known.reduce((text, value) => text.replaceAll(value, REDACTED), shaped)
  }
}
