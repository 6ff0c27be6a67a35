import { createCanvas, type Canvas, type SKRSContext2D } from '@napi-rs/canvas'
import type { Palette } from './palette.ts'
import type { Camera, Scene } from './scene.ts'
import { seededRandom, type SeededRandom } from './seeded-random.ts'

export type Context = SKRSContext2D

/** One picture of the film. */
export interface Moment {
  readonly context: Context
  readonly timeS: number
  /** 0 at the first picture, 1 at the last. */
  readonly progress: number
}

export type Painter = (moment: Moment) => void

/** Layers reach this share of the edges beyond the picture, so that the camera can move. */
const MARGIN_SHARE = 0.14

/** What painters share: the size, the colors, the camera, and streams of chance. */
export class Stage {
  readonly width: number
  readonly height: number
  readonly scene: Scene
  readonly palette: Palette
  /** The shorter edge, for things that keep their shape. */
  readonly unit: number
  readonly #prompt: string
  readonly #seed: number

  constructor(
    size: { width: number; height: number },
    scene: Scene,
    palette: Palette,
    prompt: string,
    seed: number,
  ) {
    this.width = size.width
    this.height = size.height
    this.unit = Math.min(size.width, size.height * 1.15)
    this.scene = scene
    this.palette = palette
    this.#prompt = prompt
    this.#seed = seed
  }

  random(purpose: string): SeededRandom {
    return seededRandom(this.#prompt, this.#seed, purpose)
  }

  get marginX(): number {
    return Math.ceil(this.width * MARGIN_SHARE)
  }

  get marginY(): number {
    return Math.ceil(this.height * MARGIN_SHARE)
  }

  /** Draws once what does not change; the painter then only moves it with the camera. `depth`: 0 far, 1 near. */
  still(depth: number, draw: (context: Context) => void): Painter {
    const layer = this.#layer(draw)
    return (moment) =>
      this.at(moment, depth, (context) => context.drawImage(layer, -this.marginX, -this.marginY))
  }

  /**
   * Like `still`, but also carried sideways by `speed` widths a second, coming round again. `draw` is called several
   * times and must draw the same each time, so that what crosses one edge of the layer goes on at the other.
   */
  drifting(depth: number, speed: number, draw: (context: Context) => void): Painter {
    const span = this.width + 2 * this.marginX
    const layer = this.#layer((context) => {
      for (const shift of [-span, 0, span]) {
        context.save()
        context.translate(shift, 0)
        draw(context)
        context.restore()
      }
    })
    return (moment) =>
      this.at(moment, depth, (context) => {
        const shift = (((moment.timeS * speed * this.width) % span) + span) % span
        context.drawImage(layer, -this.marginX + shift, -this.marginY)
        if (shift > 0) context.drawImage(layer, -this.marginX + shift - span, -this.marginY)
      })
  }

  /** Runs `draw` in the coordinates of the picture, moved as the camera moves things at that depth. */
  at(moment: Moment, depth: number, draw: (context: Context) => void): void {
    const { context } = moment
    const { zoom, shiftX, shiftY } = cameraAt(this.scene.camera, moment.progress, depth)
    context.save()
    context.translate(this.width / 2 + shiftX * this.width, this.height * 0.55 + shiftY * this.height)
    context.scale(zoom, zoom)
    context.translate(-this.width / 2, -this.height * 0.55)
    draw(context)
    context.restore()
  }

  #layer(draw: (context: Context) => void): Canvas {
    const canvas = createCanvas(this.width + 2 * this.marginX, this.height + 2 * this.marginY)
    const context = canvas.getContext('2d')
    context.translate(this.marginX, this.marginY)
    draw(context)
    return canvas
  }
}

interface View {
  readonly zoom: number
  /** As shares of width and height. */
  readonly shiftX: number
  readonly shiftY: number
}

/** `eased` is how much of the move is done, `nearness` how strongly this depth takes part in it. */
const MOVES: Readonly<Record<Camera, (eased: number, nearness: number) => View>> = {
  push: (eased, nearness) => ({ zoom: 1 + 0.13 * eased * nearness, shiftX: 0, shiftY: 0 }),
  pull: (eased, nearness) => ({ zoom: 1 + 0.13 * (1 - eased) * nearness, shiftX: 0, shiftY: 0 }),
  left: (eased, nearness) => ({ zoom: 1.02, shiftX: (eased - 0.5) * 0.12 * nearness, shiftY: 0 }),
  right: (eased, nearness) => ({ zoom: 1.02, shiftX: (0.5 - eased) * 0.12 * nearness, shiftY: 0 }),
  rise: (eased, nearness) => ({ zoom: 1.03, shiftX: 0, shiftY: (eased - 0.5) * 0.1 * nearness }),
  still: () => ({ zoom: 1, shiftX: 0, shiftY: 0 }),
}

function cameraAt(camera: Camera, progress: number, depth: number): View {
  return MOVES[camera]((1 - Math.cos(Math.PI * progress)) / 2, 0.25 + 0.75 * depth)
}
