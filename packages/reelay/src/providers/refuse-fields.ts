import type { VideoRequest } from '../task/request.ts'

/** Fields that the catalog does not describe, or not for every model. */
type Field = 'negativePrompt' | 'seed' | 'generateAudio'

const PARAMETERS: Readonly<Record<Field, string>> = {
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  generateAudio: 'generate_audio',
}

/**
 * Refuses what a provider has no field for: left out in silence, it would be paid for and missed. Null when the request
 * has none of it.
 */
export function refuseFields(
  request: VideoRequest,
  { provider, fields }: { provider: string; fields: readonly Field[] },
): { refused: string } | null {
  const names = fields.filter((field) => request[field] !== null).map((field) => PARAMETERS[field])
  return names.length === 0
    ? null
    : { refused: `${provider} has no ${names.join(' and no ')}: leave it out.` }
}
