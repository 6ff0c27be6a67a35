import type { Ids } from '../../src/system/ids.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'

const ID_CHARACTERS = 26
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const BYTE_VALUES = 256

/** Everything that is left to chance in one simulated world: the same seed always repeats it. */
export class Chance {
  /** In [0, 1). */
  readonly next: () => number

  constructor(seed: number) {
    this.next = seededNumbers(seed)
  }

  happens(probability: number): boolean {
    return this.next() < probability
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** Short ones are as likely as long ones: spread evenly over the orders of magnitude. */
  duration(leastMs: number, mostMs: number): number {
    return Math.round(leastMs * (mostMs / leastMs) ** this.next())
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0]
  }

  /** A name by its weight. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    throw new Error('no weight is positive')
  }
}

/** Ids and secrets of a world: as unguessable as its seed. */
export function seededIds(chance: Chance): Ids {
  return {
    id: (prefix) => {
      let text = ''
      for (let index = 0; index < ID_CHARACTERS; index += 1)
        text += ALPHABET.charAt(chance.whole(0, ALPHABET.length - 1))
      return `${prefix}_${text}`
    },
    secret: (bytes) =>
      Buffer.from(Array.from({ length: bytes }, () => chance.whole(0, BYTE_VALUES - 1))).toString(
        'base64url',
      ),
  }
}
