import type { SeededRandom } from './seeded-random.ts'

const TABLE_SIZE = 256

/** Smooth noise over one dimension: values in 0..1, one hill per unit. */
export type Noise = (position: number) => number

export function createNoise(random: SeededRandom): Noise {
  const table = Float64Array.from({ length: TABLE_SIZE }, () => random.next())
  return (position) => {
    const cell = Math.floor(position)
    const share = position - cell
    const smooth = share * share * (3 - 2 * share)
    const left = table[((cell % TABLE_SIZE) + TABLE_SIZE) % TABLE_SIZE] ?? 0
    const right = table[(((cell + 1) % TABLE_SIZE) + TABLE_SIZE) % TABLE_SIZE] ?? 0
    return left + (right - left) * smooth
  }
}

/** Noise with finer noise upon it, still in 0..1. `gain` is how strong each finer octave is beside the last. */
export function layeredNoise(noise: Noise, position: number, octaves: number, gain = 0.5): number {
  let sum = 0
  let weight = 0
  let strength = 1
  for (let octave = 0; octave < octaves; octave += 1) {
    sum += strength * noise(position * 2 ** octave + octave * 17.3)
    weight += strength
    strength *= gain
  }
  return sum / weight
}
