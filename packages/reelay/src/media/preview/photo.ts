import { readFile } from 'node:fs/promises'
import { createCanvas, loadImage, type Canvas, type Image } from '@napi-rs/canvas'
import { MediaFailed } from '../media-failed.ts'
import { sniffImage } from '../sniff.ts'
import { seededRandom } from './seeded-random.ts'
import type { Context, Painter } from './stage.ts'

const ZOOM_LEAST = 1.01
const ZOOM_MOST = 1.2
/** For pictures shown whole: they stay so. */
const ZOOM_MOST_WHOLE = 1.06
/** Pictures are scaled once to this multiple of the frame, so that zooming in stays sharp. */
const OVERSIZE = 1.2
/** A picture that would lose more of itself than this is shown whole, before a blurred copy. */
const CROP_MAX = 1.75
const CROSS_FADE_S = 0.9
const INPUT_PIXELS_MAX = 64_000_000

interface Size {
  readonly width: number
  readonly height: number
}

async function loadPicture(path: string, number: number): Promise<Image> {
  const bytes = await readFile(path)
  if (sniffImage(bytes) === undefined) {
    throw new MediaFailed('bad_input', `Input image ${number} is not a PNG, JPEG, WebP or GIF picture.`)
  }
  // Cut short or otherwise broken: the decoder's own words would not help.
  const image = await loadImage(bytes).catch(() => undefined)
  if (image === undefined || image.width === 0 || image.height === 0) {
    throw new MediaFailed(
      'bad_input',
      `Input image ${number} cannot be decoded; save it again as PNG or JPEG.`,
    )
  }
  if (image.width * image.height > INPUT_PIXELS_MAX) {
    throw new MediaFailed(
      'bad_input',
      `Input image ${number} has more than ${INPUT_PIXELS_MAX / 1e6} megapixels.`,
    )
  }
  return image
}

function drawScaled(context: Context, image: Image | Canvas, target: Size, scale: number): void {
  const [width, height] = [image.width * scale, image.height * scale]
  context.drawImage(image, (target.width - width) / 2, (target.height - height) / 2, width, height)
}

/** A cheap, soft blur: far down and up again. */
function blurred(image: Image, target: Size): Canvas {
  const small = createCanvas(48, Math.max(1, Math.round((48 * target.height) / target.width)))
  const context = small.getContext('2d')
  context.imageSmoothingQuality = 'high'
  drawScaled(context, image, small, Math.max(small.width / image.width, small.height / image.height))
  context.fillStyle = 'rgba(8, 10, 20, 0.42)'
  context.fillRect(0, 0, small.width, small.height)
  return small
}

function prepared(image: Image, frame: Size): { picture: Canvas; zoomMost: number } {
  const canvas = createCanvas(Math.ceil(frame.width * OVERSIZE), Math.ceil(frame.height * OVERSIZE))
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  const [across, down] = [canvas.width / image.width, canvas.height / image.height]
  const cover = Math.max(across, down)
  const contain = Math.min(across, down)
  if (cover / contain <= CROP_MAX) {
    drawScaled(context, image, canvas, cover)
    return { picture: canvas, zoomMost: ZOOM_MOST }
  }
  context.drawImage(blurred(image, canvas), 0, 0, canvas.width, canvas.height)
  context.shadowColor = 'rgba(0, 0, 0, 0.55)'
  context.shadowBlur = canvas.height * 0.04
  drawScaled(context, image, canvas, contain * 0.92)
  return { picture: canvas, zoomMost: ZOOM_MOST_WHOLE }
}

interface Move {
  readonly picture: Canvas
  readonly zoomFrom: number
  readonly zoomTo: number
  readonly panX: number
  readonly panY: number
}

function drawMoving(context: Context, frame: Size, move: Move, share: number, alpha: number): void {
  const eased = share + 0.08 * Math.sin(2 * Math.PI * share) * -1
  const zoom = move.zoomFrom + (move.zoomTo - move.zoomFrom) * eased
  const [width, height] = [frame.width * zoom, frame.height * zoom]
  const x = ((frame.width - width) / 2) * (1 + move.panX * (eased * 2 - 1))
  const y = ((frame.height - height) / 2) * (1 + move.panY * (eased * 2 - 1))
  context.globalAlpha = alpha
  context.drawImage(move.picture, x, y, width, height)
  context.globalAlpha = 1
}

/**
 * Slowly zooms and pans over the given pictures, one after the other with cross-fades.
 * Throws `MediaFailed` (`bad_input`) for a file that is no picture.
 */
export async function paintPhotos(
  paths: readonly string[],
  frame: Size,
  film: { prompt: string; seed: number; totalS: number },
): Promise<Painter> {
  const random = seededRandom(film.prompt, film.seed, 'photo')
  const moves: Move[] = []
  for (const [index, path] of paths.entries()) {
    const { picture, zoomMost } = prepared(await loadPicture(path, index + 1), frame)
    const isInward = index % 2 === 0
    moves.push({
      picture,
      zoomFrom: isInward ? ZOOM_LEAST : zoomMost,
      zoomTo: isInward ? zoomMost : ZOOM_LEAST,
      panX: random.between(-0.8, 0.8),
      panY: random.between(-0.6, 0.6),
    })
  }
  const turnS = film.totalS / moves.length
  const fadeS = Math.min(CROSS_FADE_S, turnS * 0.6)
  return ({ context, timeS }) => {
    for (const [index, move] of moves.entries()) {
      // Neighbours overlap by one fade, half on either side of their border.
      const startS = index === 0 ? 0 : index * turnS - fadeS / 2
      const endS = index === moves.length - 1 ? film.totalS : (index + 1) * turnS + fadeS / 2
      if (timeS < startS || timeS > endS) continue
      const alpha = index === 0 ? 1 : Math.min(1, (timeS - startS) / fadeS)
      drawMoving(context, frame, move, (timeS - startS) / (endS - startS), alpha)
    }
  }
}
