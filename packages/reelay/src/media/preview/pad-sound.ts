import type { Scene } from './scene.ts'
import { seededRandom } from './seeded-random.ts'

const CHORDS: readonly [readonly number[], ...(readonly number[])[]] = [
  [110, 164.81, 220, 277.18, 329.63],
  [98, 146.83, 196, 246.94, 293.66],
  [87.31, 130.81, 174.61, 220, 329.63],
  [103.83, 155.56, 207.65, 261.63, 311.13],
]
const FADE_S = 0.8
const LEVEL = 0.055

interface Partial {
  readonly step: number
  readonly detune: number
  readonly swell: number
  readonly phase: number
}

function noiseLevelOf(scene: Scene): number {
  if (scene.weather === 'rain' || scene.weather === 'storm') return 0.05
  if (scene.place === 'ocean' || scene.place === 'underwater') return 0.06
  return scene.weather === 'snow' || scene.place === 'desert' ? 0.025 : 0.008
}

/** A quiet chord with the noise of its weather; fills blocks one after the other. */
export class PadSound {
  readonly #rateHz: number
  readonly #totalS: number
  readonly #partials: readonly Partial[]
  readonly #noiseLevel: number
  readonly #random: () => number
  #sample = 0
  #filtered = 0

  constructor(prompt: string, seed: number, scene: Scene, totalS: number, rateHz: number) {
    const random = seededRandom(prompt, seed, 'sound')
    this.#rateHz = rateHz
    this.#totalS = totalS
    this.#noiseLevel = noiseLevelOf(scene)
    this.#random = () => random.next()
    this.#partials = random.pick(CHORDS).map((frequencyHz) => ({
      step: (2 * Math.PI * frequencyHz) / rateHz,
      detune: random.between(0.9985, 1.0015),
      swell: random.between(0.05, 0.2),
      phase: random.between(0, 2 * Math.PI),
    }))
  }

  fill(left: Float32Array, right: Float32Array): void {
    for (let index = 0; index < left.length; index += 1) {
      const timeS = this.#sample / this.#rateHz
      const edge = Math.max(0, Math.min(1, timeS / FADE_S, (this.#totalS - timeS) / FADE_S))
      this.#filtered += 0.06 * (this.#random() * 2 - 1 - this.#filtered)
      const breath = 0.6 + 0.4 * Math.sin(timeS * 1.1)
      let leftSum = this.#filtered * this.#noiseLevel * 40 * breath
      let rightSum = leftSum
      for (const { step, detune, swell, phase } of this.#partials) {
        const level = 0.6 + 0.4 * Math.sin(2 * Math.PI * swell * timeS + phase)
        leftSum += level * Math.sin(this.#sample * step + phase)
        rightSum += level * Math.sin(this.#sample * step * detune + phase)
      }
      left[index] = leftSum * LEVEL * edge
      right[index] = rightSum * LEVEL * edge
      this.#sample += 1
    }
  }
}
