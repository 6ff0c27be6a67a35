import type { ProviderKind, ProviderSettings } from './registry.ts'

const PROJECT = /^[a-z0-9](?:[a-z0-9.:-]{0,98}[a-z0-9])?$/
const LOCATION = /^[a-z]{2,30}(?:-[a-z]{2,30}\d{1,2})?$/
const STORAGE = /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:\/.*)?$/

/** Those that mean nothing without a project. */
const DEPENDENT = ['VERTEX_ACCESS_TOKEN', 'VERTEX_STORAGE_URI', 'VERTEX_BASE_URL', 'VERTEX_STORAGE_BASE_URL']

/** What comes to be a part of addresses is checked by its shape. */
function faultOf(settings: ProviderSettings): string | undefined {
  const { VERTEX_PROJECT: project, VERTEX_LOCATION: location, VERTEX_STORAGE_URI: storage } = settings
  const alone = DEPENDENT.find((name) => settings[name] !== undefined)
  if (project === undefined && alone !== undefined) return `VERTEX_PROJECT must be set with ${alone}`
  if (project !== undefined && !PROJECT.test(project)) {
    return 'VERTEX_PROJECT must be the id of a project at Google Cloud, for instance my-project-123'
  }
  if (location !== undefined && !LOCATION.test(location)) {
    return 'VERTEX_LOCATION must be a location of Google Cloud, for instance us-central1 or global'
  }
  return storage === undefined || STORAGE.test(storage)
    ? undefined
    : 'VERTEX_STORAGE_URI must be a bucket or a folder in one, for instance gs://my-bucket/videos'
}

/** Veo at Google Vertex AI, as it is configured. */
export const VERTEX_KIND: ProviderKind = {
  name: 'vertex',
  settings: {
    VERTEX_PROJECT: { kind: 'text' },
    VERTEX_LOCATION: { kind: 'text' },
    GOOGLE_APPLICATION_CREDENTIALS: { kind: 'text' },
    VERTEX_ACCESS_TOKEN: { kind: 'secret' },
    VERTEX_STORAGE_URI: { kind: 'text' },
    VERTEX_BASE_URL: { kind: 'url' },
    VERTEX_STORAGE_BASE_URL: { kind: 'url' },
  },
  // Not by a key file: that is there for other programs too.
  enabledBy: ['VERTEX_PROJECT'],
  faultOf,
  create: async (settings, { guarded, clock }) => {
    const { createVertex } = await import('./vertex/index.ts')
    return createVertex({
      project: settings['VERTEX_PROJECT'] ?? '',
      location: settings['VERTEX_LOCATION'],
      accessToken: settings['VERTEX_ACCESS_TOKEN'],
      keyFile: settings['GOOGLE_APPLICATION_CREDENTIALS'],
      storageUri: settings['VERTEX_STORAGE_URI'],
      baseUrl: settings['VERTEX_BASE_URL'],
      storageBaseUrl: settings['VERTEX_STORAGE_BASE_URL'],
      guarded,
      clock,
    })
  },
}
