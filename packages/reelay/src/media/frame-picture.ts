import { createCanvas, type Canvas } from '@napi-rs/canvas'
import {
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_RGB,
  AV_PIX_FMT_RGBA,
  AV_PKT_DATA_DISPLAYMATRIX,
} from 'node-av/constants'
import { Frame, SoftwareScaleContext, type Stream } from 'node-av/lib'

/** The largest that a picture may be, as it is shown. */
export type PictureBox = { readonly width: number; readonly height: number }

/** Quarter turns clockwise that players apply, from the 16.16 matrix of the track. */
export function quarterTurns(stream: Stream): number {
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX)
  if (matrix === null || matrix.length < 36) return 0
  const [cos, sin] = [matrix.readInt32LE(0), matrix.readInt32LE(4)]
  if (cos === 0 && sin === 0) return 0
  return ((Math.round(Math.atan2(sin, cos) / (Math.PI / 2)) % 4) + 4) % 4
}

function even(value: number): number {
  return Math.max(2, Math.round(value / 2) * 2)
}

function scaledCanvas(frame: Frame, box: PictureBox): Canvas {
  const { num, den } = frame.sampleAspectRatio
  const shownWidth = frame.width * (num > 0 && den > 0 ? num / den : 1)
  const shrink = Math.min(1, box.width / shownWidth, box.height / frame.height)
  const width = even(shownWidth * shrink)
  const height = even(frame.height * shrink)
  using picture = new Frame()
  picture.alloc()
  picture.width = width
  picture.height = height
  picture.format = AV_PIX_FMT_RGBA
  picture.colorSpace = AVCOL_SPC_RGB
  picture.colorRange = AVCOL_RANGE_JPEG
  if (picture.getBuffer(0) < 0) throw new Error('Could not allocate the picture.')
  using scaler = new SoftwareScaleContext()
  scaler.allocContext()
  if (scaler.scaleFrameSync(picture, frame) < 0) throw new Error('Could not scale the picture.')
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  const image = context.createImageData(width, height)
  image.data.set(picture.toBuffer().subarray(0, width * height * 4))
  context.putImageData(image, 0, 0)
  return canvas
}

function turned(canvas: Canvas, turns: number): Canvas {
  if (turns === 0) return canvas
  const isUpright = turns % 2 === 0
  const result = createCanvas(
    isUpright ? canvas.width : canvas.height,
    isUpright ? canvas.height : canvas.width,
  )
  const context = result.getContext('2d')
  context.translate(result.width / 2, result.height / 2)
  context.rotate((turns * Math.PI) / 2)
  context.drawImage(canvas, -canvas.width / 2, -canvas.height / 2)
  return result
}

/** A decoded frame as it is shown: with square pixels, upright, within the box and never enlarged. */
export function framePicture(frame: Frame, turns: number, box: PictureBox): Canvas {
  const isUpright = turns % 2 === 0
  return turned(scaledCanvas(frame, isUpright ? box : { width: box.height, height: box.width }), turns)
}
