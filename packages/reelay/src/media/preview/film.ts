import type { PreviewJob } from '../preview-job.ts'
import { paintCaption } from './caption.ts'
import { paintMark } from './mark.ts'
import { paletteOf } from './palette.ts'
import { paintPhotos } from './photo.ts'
import { paintPlace } from './places/place.ts'
import type { Scene } from './scene.ts'
import { Stage, type Painter } from './stage.ts'
import { paintSubject } from './subjects/subject.ts'
import { paintWeather } from './weather.ts'

function paintScene(stage: Stage): Painter {
  const { back, front } = paintPlace(stage)
  const subject = paintSubject(stage)
  const weather = paintWeather(stage)
  return (moment) => {
    back(moment)
    subject(moment)
    front(moment)
    weather(moment)
  }
}

/** Darkens the corners a little, which holds the eye in the middle. */
function paintVignette(width: number, height: number): Painter {
  const radius = Math.hypot(width, height) / 2
  return ({ context }) => {
    const shade = context.createRadialGradient(
      width / 2,
      height / 2,
      radius * 0.62,
      width / 2,
      height / 2,
      radius,
    )
    shade.addColorStop(0, 'rgba(4, 4, 12, 0)')
    shade.addColorStop(1, 'rgba(4, 4, 12, 0.34)')
    context.fillStyle = shade
    context.fillRect(0, 0, width, height)
  }
}

/**
 * Everything of one film that is ready to be drawn, picture by picture. `text` is the prompt without its knobs. Throws
 * `MediaFailed` (`bad_input`) for pictures that cannot be read.
 */
export async function prepareFilm(job: PreviewJob, text: string, scene: Scene): Promise<Painter> {
  const { inputImages, seed, seconds: totalS } = job
  const motif =
    inputImages.length > 0
      ? await paintPhotos(inputImages, job, { prompt: text, seed, totalS })
      : paintScene(new Stage(job, scene, paletteOf(scene), text, seed))
  const vignette = paintVignette(job.width, job.height)
  const caption = paintCaption(job, text)
  const mark = paintMark(job)
  return (moment) => {
    motif(moment)
    vignette(moment)
    caption(moment)
    mark(moment)
  }
}
