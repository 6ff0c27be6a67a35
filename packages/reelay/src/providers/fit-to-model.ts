import type { ProviderModel } from '../task/capabilities.ts'
import { fitRequest } from '../task/fit-request.ts'
import type { VideoRequest } from '../task/request.ts'

/**
 * The request in the words of one model: a task that was planned for another candidate may say the same in that one's.
 * Untouched where the catalog does not describe the model.
 */
export function fitToModel(request: VideoRequest, model: ProviderModel | undefined): VideoRequest {
  if (model === undefined || model.capabilities === null) return request
  const fit = fitRequest(request, { model: model.id, capabilities: model.capabilities, normalize: 'none' })
  return fit.ok ? fit.value : request
}
