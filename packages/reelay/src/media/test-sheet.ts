import { createCanvas, loadImage } from '@napi-rs/canvas'

/** A picture of a test, decoded. */
export interface DecodedPicture {
  readonly width: number
  readonly height: number
  /** How bright it is at a point, 0 to 255. */
  brightnessAt(x: number, y: number): number
}

export async function decodePicture(bytes: Buffer): Promise<DecodedPicture> {
  const image = await loadImage(bytes)
  const { width, height } = image
  const context = createCanvas(width, height).getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  return {
    width,
    height,
    brightnessAt(x, y) {
      const at = (Math.floor(y) * width + Math.floor(x)) * 4
      return Math.round(((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 3)
    },
  }
}
