import type { ModelCapabilities } from '@reelay/sdk'
import { fitGeometry } from '../task/fit-geometry.ts'
import type { VideoRequest } from '../task/request.ts'

/**
 * The request with its pixels said as a tier and a ratio, for providers that take no pixels: models that the catalog
 * does not describe come here with what the client sent. Refused when no tier says the same.
 */
export function sizeAsTier(
  request: VideoRequest,
  { ratios, resolutions }: Pick<ModelCapabilities, 'ratios' | 'resolutions'>,
): VideoRequest | { refused: string } {
  if (request.size === null) return request
  const capabilities: ModelCapabilities = {
    seconds: null,
    sizes: [],
    ratios,
    resolutions,
    inputs: {},
    audio: 'optional',
  }
  const { size, resolution, aspectRatio } = request
  const fit = fitGeometry(
    { size, resolution, aspectRatio },
    { model: request.model, capabilities, normalize: 'none' },
  )
  return fit.ok ? { ...request, ...fit.value } : { refused: fit.message }
}
