import { createHash } from 'node:crypto'

/** Numbers in [0, 1) that the same seed and the same name always repeat. */
export function seededNumbers(seed: number, name: string): () => number {
  let block = createHash('sha256').update(`${seed}:${name}`).digest()
  let used = 0
  return () => {
    if (used + 6 > block.length) {
      block = createHash('sha256').update(block).digest()
      used = 0
    }
    const value = block.readUIntBE(used, 6)
    used += 6
    return value / 2 ** 48
  }
}
