/** A stream of numbers in [0, 1) that the same prompt and seed always repeat. */
export interface SeededRandom {
  next(): number
  between(least: number, most: number): number
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
    value ^= value >>> 13
  }
  return value >>> 0
}

/** `purpose` separates streams, so that one more number drawn for the sky does not move the trees. */
export function seededRandom(prompt: string, seed: number, purpose: string): SeededRandom {
  let state = hash(`${purpose}\n${seed}\n${prompt}`)
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    between: (least, most) => least + (most - least) * next(),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  }
}
