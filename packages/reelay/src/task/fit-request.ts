import type { LackedParameter } from '@reelay/sdk'
import type { Fit, FitTarget } from './fit.ts'
import { fitGeometry } from './fit-geometry.ts'
import { fitInputs } from './fit-inputs.ts'
import { fitSeconds } from './fit-seconds.ts'
import type { TaskInput, VideoRequest } from './request.ts'

function fitAudio(wanted: boolean | null, target: FitTarget): Fit<boolean | null> {
  const { audio } = target.capabilities
  if (audio === 'optional' || wanted === null) return { ok: true, value: wanted, warnings: [] }
  if (wanted === (audio === 'always')) return { ok: true, value: null, warnings: [] }
  if (target.normalize === 'nearest') return { ok: true, value: null, warnings: ['audio_normalised'] }
  const message =
    audio === 'always'
      ? `The model ${target.model} always makes sound: leave generate_audio out.`
      : `The model ${target.model} makes no sound: leave generate_audio out.`
  return { ok: false, param: 'generate_audio', message }
}

/** A parameter that the model has no place for: left out in silence, it would be paid for and missed. */
function fitPlace<T>(name: LackedParameter, wanted: T | null, target: FitTarget): Fit<T | null> {
  const isLacking = target.capabilities.lacks?.includes(name) === true
  if (wanted === null || !isLacking) return { ok: true, value: wanted, warnings: [] }
  if (target.normalize === 'nearest') return { ok: true, value: null, warnings: [`${name}_dropped`] }
  return { ok: false, param: name, message: `The model ${target.model} has no ${name}: leave it out.` }
}

/** What is left to choose with these files. */
function shapedBy(inputs: readonly TaskInput[], target: FitTarget): FitTarget {
  const { capabilities } = target
  const hasFrames = inputs.some(({ role }) => role === 'first_frame' || role === 'last_frame')
  if (!hasFrames || capabilities.frames_set_ratio !== true) return target
  return { ...target, capabilities: { ...capabilities, sizes: [], ratios: [] } }
}

/**
 * The request as the model can serve it. What only says the same in other words (`1280x720` for `720p` and `16:9`) is
 * silent; prompt and provider options pass untouched.
 */
export function fitRequest(request: VideoRequest, target: FitTarget): Fit<VideoRequest> {
  const seconds = fitSeconds(request.seconds, target)
  if (!seconds.ok) return seconds
  const inputs = fitInputs(request.inputs, target)
  const { size, resolution, aspectRatio } = request
  const files = inputs.ok ? inputs.value : request.inputs
  const geometry = fitGeometry({ size, resolution, aspectRatio }, shapedBy(files, target))
  if (!geometry.ok) return geometry
  if (!inputs.ok) return inputs
  const audio = fitAudio(request.generateAudio, target)
  if (!audio.ok) return audio
  const negativePrompt = fitPlace('negative_prompt', request.negativePrompt, target)
  if (!negativePrompt.ok) return negativePrompt
  const seed = fitPlace('seed', request.seed, target)
  if (!seed.ok) return seed
  return {
    ok: true,
    value: {
      ...request,
      ...geometry.value,
      seconds: seconds.value,
      inputs: inputs.value,
      generateAudio: audio.value,
      negativePrompt: negativePrompt.value,
      seed: seed.value,
    },
    warnings: [seconds, geometry, inputs, audio, negativePrompt, seed].flatMap(({ warnings }) => warnings),
  }
}
