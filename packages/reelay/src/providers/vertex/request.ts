import type { ProviderModel } from '../../task/capabilities.ts'
import type { StartRequest } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { veoCreate, VEO_LITE, veoModel } from '../veo-create.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. Those that name buckets or receivers of messages are left out. */
export const VERTEX_OPTIONS: readonly string[] = [
  'personGeneration',
  'enhancePrompt',
  'compressionQuality',
  'resizeMode',
]

/** Others may be named as `vertex/<model>`. */
export const VERTEX_MODELS: readonly ProviderModel[] = [
  veoModel('veo-3.1-generate-001', { audio: 'optional' }),
  veoModel('veo-3.1-fast-generate-001', { audio: 'optional' }),
  veoModel('veo-3.1-lite-generate-001', { ...VEO_LITE, audio: 'optional' }),
  veoModel('veo-3.0-generate-001', { ...VEO_LITE, inputs: { first_frame: 1 }, audio: 'optional' }),
  veoModel('veo-3.0-fast-generate-001', { ...VEO_LITE, inputs: { first_frame: 1 }, audio: 'optional' }),
]

/** Where one account's jobs are made. */
export type VertexPlace = {
  project: string
  location: string
  /** A folder in a bucket of the operator's, for the results. */
  storageUri: string | undefined
}

export const vertexParent = ({ project, location }: VertexPlace): string =>
  `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`

type VertexCreate = { path: string; body: UpstreamBody }

/** The create of one video, or why it cannot be asked for. */
export async function vertexCreate(
  start: StartRequest,
  place: VertexPlace,
): Promise<VertexCreate | { refused: string }> {
  const create = await veoCreate(start, { models: VERTEX_MODELS, options: VERTEX_OPTIONS })
  if ('refused' in create) return create
  const isKnown = VERTEX_MODELS.some(({ id }) => id === start.model)
  const parameters = withoutNulls({
    ...create.parameters,
    // Wanted by all that it knows; Veo 2, which has no sound, refuses it.
    generateAudio: create.request.generateAudio ?? (isKnown ? true : null),
    storageUri: place.storageUri,
  })
  return {
    path: `${vertexParent(place)}/publishers/google/models/${encodeURIComponent(start.model)}:predictLongRunning`,
    body: jsonBody({ instances: [create.instance], parameters }),
  }
}
