import { createCanvas, type Canvas } from '@napi-rs/canvas'
import { sheetGrid } from './sheet-grid.ts'

/** A sheet that is filled picture by picture; the first one decides how large they all are. */
export class SpriteCanvas {
  readonly #frames: number
  #canvas: Canvas | undefined
  #frame = { width: 0, height: 0 }

  constructor(frames: number) {
    this.#frames = frames
  }

  place(index: number, picture: Canvas): void {
    const { columns, rows } = sheetGrid(this.#frames)
    if (this.#canvas === undefined) {
      this.#frame = { width: picture.width, height: picture.height }
      this.#canvas = createCanvas(columns * picture.width, rows * picture.height)
    }
    const { width, height } = this.#frame
    const [column, row] = [index % columns, Math.floor(index / columns)]
    this.#canvas.getContext('2d').drawImage(picture, column * width, row * height, width, height)
  }

  /** Undefined before anything was placed. */
  get canvas(): Canvas | undefined {
    return this.#canvas
  }
}
