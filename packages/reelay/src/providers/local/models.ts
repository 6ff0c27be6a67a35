import { PREVIEW_LIMITS } from '../../media/preview-limits.ts'
import type { ProviderModel } from '../../task/capabilities.ts'

/** Catalog of the local provider. */
export const LOCAL_MODELS: readonly ProviderModel[] = [
  {
    id: 'preview',
    capabilities: {
      seconds: { min: PREVIEW_LIMITS.secondsMin, max: PREVIEW_LIMITS.secondsMax, values: null, default: 4 },
      sizes: PREVIEW_LIMITS.sizes,
      ratios: [],
      resolutions: [],
      inputs: { reference: PREVIEW_LIMITS.inputImagesMax, first_frame: 1, last_frame: 1 },
      audio: 'optional',
    },
    price: { currency: 'USD', per_second: '0', per_video: null },
  },
]
